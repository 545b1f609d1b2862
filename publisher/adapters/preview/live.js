// Enters every page of a preview: reloads it when the site was built anew, and shows what the writer must mend.
(() => {
  "use strict";
  const mine = Number(document.currentScript.dataset.revision);
  const box = document.createElement("aside");
  box.className = "tidings-preview";
  box.lang = "en";
  box.dir = "ltr";
  box.setAttribute("aria-label", "Preview");
  box.setAttribute("role", "status");
  box.hidden = true;

  const line = (tag, className, text) => {
    const element = document.createElement(tag);
    element.className = className;
    element.textContent = text;
    return element;
  };

  const show = (problems) => {
    const errors = problems.filter((problem) => problem.level === "error").length;
    box.replaceChildren();
    box.hidden = problems.length === 0;
    box.classList.toggle("tidings-preview-quiet", errors === 0);
    if (box.hidden) return;
    const fold = document.createElement("details");
    fold.open = errors > 0;
    const title = errors
      ? `${errors} to mend before this can be published`
      : `${problems.length} to look at; nothing that blocks`;
    fold.append(line("summary", errors ? "tidings-preview-errors" : "tidings-preview-notes", title));
    const list = document.createElement("ol");
    for (const problem of problems) {
      const item = line("li", `tidings-preview-${problem.level}`, "");
      item.append(
        line("code", "", problem.where), " ", line("strong", "", problem.code), " ",
        line("span", "", problem.what), " ", line("em", "", problem.fix),
      );
      list.append(item);
    }
    fold.append(list);
    box.append(fold);
  };

  const begin = () => {
    document.body.append(box);
    const events = new EventSource("/_preview/events");
    events.addEventListener("screen", (event) => {
      const screen = JSON.parse(event.data);
      if (screen.revision !== mine) {
        events.close();
        location.reload();
        return;
      }
      show(screen.problems);
    });
    // a page kept by the back button would hold the connection open
    addEventListener("pagehide", () => events.close());
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
