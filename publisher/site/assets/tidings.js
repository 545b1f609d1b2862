/* What the page can do beyond standing there. Without it nothing is missing. It asks only this host, and keeps nothing
   but the choice of light or dark, in the theme's own storage format so that pages with the theme's script agree. */
(() => {
  "use strict";
  const doc = document, root = doc.documentElement, skin = doc.body.dataset;
  const $ = (selector, top = doc) => top.querySelector(selector);
  const $$ = (selector, top = doc) => [...top.querySelectorAll(selector)];
  root.classList.replace("no-js", "js");

  // Light or dark
  const form = $("[data-md-component=palette]");
  const options = form ? $$("input", form) : [];
  const system = matchMedia("(prefers-color-scheme: dark)");
  let at = 0;
  try { at = Math.min((__md_get("__palette") || {}).index || 0, options.length - 1); } catch { /* no storage */ }
  const paint = () => {
    const option = options[at];
    const media = option.dataset.mdColorMedia;
    const dark = media === "(prefers-color-scheme)" ? system.matches : option.dataset.mdColorScheme === "slate";
    skin.mdColorMedia = media;
    skin.mdColorScheme = dark ? "slate" : "default";
    options.forEach((other, index) => {
      other.checked = index === at;
      const label = other.nextElementSibling;
      if (label) label.hidden = index !== at;
    });
    return { media, scheme: skin.mdColorScheme, primary: "indigo", accent: "indigo" };
  };
  if (options.length) {
    paint();
    system.addEventListener("change", paint);
    form.addEventListener("change", (event) => {
      at = Math.max(options.indexOf(event.target), 0);
      const color = paint();
      try { __md_set("__palette", { index: at, color }); } catch { /* no storage */ }
      options[at].focus();
    });
  }

  // The title in the header once it has scrolled away
  const title = $("[data-md-component=header-title]");
  const heading = $("main h1");
  if (title && heading && "IntersectionObserver" in window) {
    new IntersectionObserver(
      ([entry]) => title.classList.toggle("md-header__title--active", !entry.isIntersecting && entry.boundingClientRect.top < 0),
      { rootMargin: "-48px 0px 0px" },
    ).observe(heading);
  }

  const page = $(".td"), live = $(".td-live"), zone = $(".td-zone");
  if (!page || !live || !zone || !window.Intl) return;
  const said = (top) => top.textContent.replace(/\s+/g, " ");
  const before = said(page);
  const words = { ...zone.dataset, ...live.dataset };
  const make = (tag, text, className = "") => Object.assign(doc.createElement(tag), { textContent: text, className });

  // Times in the reader's zone, the page's own under the pointer. Digits and clock as the page writes them.
  const tongue = `${root.lang === "en" ? "en-GB" : root.lang}-u-nu-latn`;
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };
  const date = { day: "numeric", month: "long", year: "numeric" };
  const formatter = (more) => new Intl.DateTimeFormat(tongue, { ...clock, ...more });
  const short = formatter(), full = formatter(date);
  const here = full.resolvedOptions().timeZone;
  const away = here !== words.zone.replace("Etc/", "");
  const exact = $$("time").filter((time) => time.dateTime.includes("T") && !time.closest(".td-span"));
  const day = (moment) => moment.toLocaleDateString("en");
  if (away) {
    for (const time of exact) {
      const moment = new Date(time.dateTime);
      const brief = /^\d/.test(time.textContent) && time.textContent.length < 12;
      time.title = time.textContent;
      time.textContent = (brief && day(moment) === day(new Date()) ? short : full).format(moment);
    }
    for (const span of $$(".td-span", page)) {
      const time = $("time", span);
      time.title = span.textContent;
      time.textContent = full.formatRange(new Date(span.dataset.begin), new Date(span.dataset.end));
      span.replaceChildren(time);
    }
    zone.textContent = words.words.replace("{zone}", here);
    zone.hidden = false;
  }

  // How long ago, and how soon
  const relative = new Intl.RelativeTimeFormat(tongue, { numeric: "auto" });
  const distance = (moment) => {
    const minutes = Math.round((new Date(moment) - Date.now()) / 6e4);
    const size = Math.abs(minutes);
    if (size < 60) return relative.format(minutes, "minute");
    return size < 2880 ? relative.format(Math.round(minutes / 60), "hour") : relative.format(Math.round(minutes / 1440), "day");
  };
  const counted = $$("[data-ago]").map((one) => [one, one.appendChild(make("span", "", "td-ago"))]);
  const count = () => {
    for (const [one, ago] of counted) {
      const { begin, end } = one.dataset;
      const begun = begin && new Date(begin) <= Date.now();
      const text = distance(begun ? end : begin || one.dateTime);
      const over = begun && new Date(end) <= Date.now();
      ago.textContent = over ? "" : ` (${begin ? words[begun ? "ends" : "begins"].replace("{time}", text) : text})`;
    }
  };
  count();
  setInterval(count, 3e4);

  // A link to each update. That it was copied is said aloud as well: a button's new name is not.
  if (navigator.clipboard && $(".td-update[id]", page)) {
    const aloud = doc.body.appendChild(make("p", "", "td-hidden"));
    aloud.role = "status";
    for (const update of $$(".td-update[id]", page)) {
      const button = make("button", words.copy, "td-copy");
      button.type = "button";
      button.ariaLabel = `${words.copy}: ${said($("h3", update))}`;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(`${location.href.split("#")[0]}#${update.id}`);
        button.textContent = button.ariaLabel = aloud.textContent = words.copied;
      });
      $("h3", update).after(button);
    }
  }

  // News: the pointer each half to whole minute while somebody looks, less often while nothing answers
  if (!/^http/.test(location.protocol)) return;
  let known = +($(".td-stamp")?.dataset.generation || 0), heard = Date.now(), fails = 0, timer, told = "";
  const icon = "link[rel=icon]";
  const ask = (path) => fetch(path, { cache: "no-cache" });
  const tell = (text, link) => {
    if (told === text) return;
    told = text;
    live.replaceChildren(...(text ? [make("span", text)] : []), ...(link ? [link] : []));
  };
  const look = async () => {
    clearTimeout(timer);
    try {
      const answer = await ask(words.release);
      if (answer.status === 404) return; // a preview: there is nothing to be newer than
      if (!answer.ok) throw new Error(answer.status);
      const { generation } = await answer.json();
      if (known && generation > known) {
        const text = await (await ask(location.pathname)).text();
        const fresh = new DOMParser().parseFromString(text, "text/html");
        if (!$(".td", fresh)) throw new Error("not our page");
        if (said($(".td", fresh)) !== before) {
          doc.title = fresh.title;
          $(icon).href = $(icon, fresh).getAttribute("href");
          const link = make("a", words.show);
          link.href = location.pathname;
          link.addEventListener("click", (event) => { event.preventDefault(); location.reload(); });
          tell(words.new, link);
        }
      } else if (told !== words.new) tell("");
      known = Math.max(known, generation);
      heard = Date.now();
      fails = 0;
    } catch {
      fails += 1;
      if (told !== words.new && Date.now() - heard > 18e4) tell(words.stale.replace("{time}", short.format(heard)));
    }
    wait();
  };
  const wait = () => {
    clearTimeout(timer);
    if (!doc.hidden) timer = setTimeout(look, Math.min(3e4 * 2 ** fails, 6e5) * (1 + Math.random()));
  };
  doc.addEventListener("visibilitychange", () => (!doc.hidden && Date.now() - heard > 3e4 ? look() : wait()));
  wait();
})();
