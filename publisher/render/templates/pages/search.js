/* Search through the history: the index comes from this host, a file a year, when the reader begins. */
(() => {
  "use strict";
  const doc = document, box = doc.querySelector(".td-search");
  if (!box || !window.fetch) return;
  const [form, list, status, older] = ["form", "ol", "[role=status]", "button"].map((one) => box.querySelector(one));
  const input = form.querySelector("input");
  const years = box.dataset.years.split(" ").filter(Boolean);
  const known = [], names = [];
  let waiting, loading;
  // What sounds alike looks alike: no accents, vowel signs or capitals; Arabic letters that are exchanged
  const fold = (text) => text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").toLowerCase()
    .replace(/\u0629/g, "\u0647").replace(/\u0649/g, "\u064a").replace(/\u00df/g, "ss").replace(/[\u2018\u2019]/g, "'");
  const load = async (count) => {
    for (const year of years.splice(0, count)) {
      names.push(year);
      const answer = await fetch(`${year}.json`);
      if (!answer.ok) throw new Error(answer.status);
      for (const one of (await answer.json()).incidents) {
        known.push({ ...one, head: fold(`${one.title} ${one.about}`), all: fold(`${one.title} ${one.about} ${one.text} ${one.date} ${one.id}`) });
      }
    }
  };
  const begin = () => (loading = loading || load(2));
  const make = (tag, text, className) => Object.assign(doc.createElement(tag), { textContent: text, className });
  const show = () => {
    const wanted = fold(input.value).split(/\s+/).filter(Boolean);
    const found = wanted.length ? known.filter((one) => wanted.every((word) => one.all.includes(word))) : [];
    const weight = (one) => wanted.filter((word) => one.head.includes(word)).length;
    found.sort((a, b) => weight(b) - weight(a));
    list.replaceChildren(...found.slice(0, 50).map((one) => {
      const item = make("li", "", ""), link = make("a", one.title, "");
      link.href = `../incidents/${encodeURIComponent(one.id)}/`;
      link.lang = one.locale;
      link.dir = "auto";
      item.append(link, make("span", `${one.date} \u00b7 ${one.state}`, "td-soft"));
      return item;
    }));
    status.textContent = !wanted.length ? "" : found.length ? box.dataset.found.replace("{n}", found.length) : box.dataset.none;
    older.hidden = !wanted.length || !years.length;
    const address = new URL(location.href);
    address.search = input.value.trim() ? new URLSearchParams({ q: input.value.trim() }) : "";
    try { history.replaceState(null, "", address); } catch { /* saved to disk */ }
  };
  const seek = async () => {
    try {
      await begin();
      show();
    } catch {
      status.textContent = box.dataset.failed;
    }
  };
  form.hidden = false;
  form.addEventListener("submit", (event) => { event.preventDefault(); seek(); });
  input.addEventListener("focus", () => begin().catch(() => {}), { once: true });
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(seek, 150);
  });
  older.addEventListener("click", () => {
    loading = load(years.length);
    input.focus();
    seek();
  });
  const asked = new URLSearchParams(location.search).get("q");
  if (asked) {
    input.value = asked.slice(0, 200);
    seek();
  }
})();
