/* What the page can do beyond standing there: remember light or dark, and show the title in the header once it has
   scrolled away. Without it nothing is missing. Speaks the theme's own storage format, so that pages which load the
   theme's script agree. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.replace("no-js", "js");

  const form = document.querySelector("[data-md-component=palette]");
  const options = form ? [...form.querySelectorAll("input")] : [];
  const system = matchMedia("(prefers-color-scheme: dark)");
  let at = Math.min((__md_get("__palette") || {}).index || 0, options.length - 1);

  const show = () => {
    const option = options[at];
    const media = option.dataset.mdColorMedia;
    const dark = media === "(prefers-color-scheme)" ? system.matches : option.dataset.mdColorScheme === "slate";
    document.body.dataset.mdColorMedia = media;
    document.body.dataset.mdColorScheme = dark ? "slate" : "default";
    options.forEach((other, index) => {
      other.checked = index === at;
      const label = other.nextElementSibling;
      if (label) label.hidden = index !== at;
    });
    return { media, scheme: document.body.dataset.mdColorScheme, primary: "indigo", accent: "indigo" };
  };
  if (options.length) {
    show();
    system.addEventListener("change", show);
    form.addEventListener("change", (event) => {
      at = Math.max(options.indexOf(event.target), 0);
      __md_set("__palette", { index: at, color: show() });
      options[at].focus();
    });
  }

  const title = document.querySelector("[data-md-component=header-title]");
  const heading = document.querySelector("main h1");
  if (title && heading && "IntersectionObserver" in window) {
    new IntersectionObserver(
      ([entry]) => title.classList.toggle("md-header__title--active", !entry.isIntersecting && entry.boundingClientRect.top < 0),
      { rootMargin: "-48px 0px 0px" },
    ).observe(heading);
  }
})();
