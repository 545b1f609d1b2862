// Tells users of an application what is wrong now. Loads one JSON document, keeps no cookie, parses nothing as HTML.
// What is served is this without comments and blanks, and must stay below 5 KiB: names are short on purpose.
(() => {
  const doc = document, me = doc.currentScript;
  if (!me) return;
  const opt = me.dataset, locales = "@@locales@@", minute = 59e3;
  // The language asked for, else the page's; a country falls back to its bare language, anything else to the source's.
  const locale = `${opt.locale} ${doc.documentElement.lang}`.toLowerCase().split(" ")
    .flatMap(tag => [tag, tag.split("-")[0]])
    .map(tag => locales.find(l => l.toLowerCase() == tag))
    .find(l => l) || locales[0];
  const base = new URL(".", new URL(opt.from || me.src, location)).href, store = "tidings:" + base;
  const wanted = (opt.components || "").match(/[^\s,]+/g);
  const dark = matchMedia("(prefers-color-scheme:dark)");
  let banner, gone = [], drawn, last = 0;

  const make = (tag, text, lang, attrs) => {
    const el = doc.createElement(tag);
    el.textContent = text || "";
    if (lang) attrs = {lang, dir: "auto", ...attrs};
    return set(el, attrs);
  };
  const set = (el, attrs) => {
    for (const name in attrs) el.setAttribute(name, attrs[name]);
    return el;
  };
  const link = (text, url, lang) =>
    make("a", text, lang, {href: /^https?:/.test(url) ? url : base, target: "_blank", rel: "noopener"});

  const host = make("tidings-banner"), root = host.attachShadow({mode: "open"}), box = make("section");
  // It is there before its words are, so that screen readers notice them.
  const live = make("div", "", "", {role: "status"}), close = make("button", "\u2715");
  const css = `
:host{all:initial;display:block}
section{--b:#fff;--i:#1c1e22;--s:#565b63;--d:#855800;--p:#b04506;--m:#b42318;--u:#2456a6;font:.9375rem/1.5 system-ui,sans-serif;color:var(--i);overflow-wrap:anywhere}
.dark{--b:#16181c;--i:#eceae6;--s:#a9aeb6;--d:#e0b03a;--p:#f4a259;--m:#ff8577;--u:#8ab4f8}
.d{--h:var(--d)}.p{--h:var(--p)}.m{--h:var(--m)}.u{--h:var(--u)}
.on{display:flex;gap:.5rem;padding:.7rem;padding-inline:1rem .5rem;background:linear-gradient(color-mix(in srgb,var(--h)7%,#0000)0 0)var(--b);border:0 solid var(--h);border-block-end-width:1px}
.inline,.bottom{border-width:1px;border-radius:.6rem}
.bottom{position:fixed;inset:auto 0 0;z-index:9999;max-width:44rem;max-height:60vh;overflow:auto;margin:.75rem auto;width:calc(100% - 1.5rem);box-sizing:border-box;box-shadow:0 4px 24px #0003}
[role]{flex:1;min-width:0}
.row{display:flex;gap:.6rem}
.row+*{display:flex;margin-block-start:.5rem}
svg{flex:none;width:1.1rem;height:1.1rem;margin-block-start:.2rem;fill:none;stroke:var(--h);stroke-width:1.6}
b{color:var(--h);margin-inline-end:.3em}
a{color:inherit}
a,b{font-weight:600}
p{margin:0;max-width:75ch}
.row+.row p{display:none}
small{display:block;color:var(--s);font-size:.875rem}
button{all:unset;flex:none;width:2.25rem;line-height:2.25rem;align-self:start;margin-block:-.35rem;text-align:center;color:var(--s);cursor:pointer}
:focus-visible{outline:2px solid var(--i)}
:not(.on)>button{display:none}
@media(prefers-reduced-motion:no-preference){.on{animation:i .3s}@keyframes i{0%{opacity:0}}}`;
  // A sheet that a script makes needs no word in the host's content policy, unlike a style element or attribute.
  const sheet = new CSSStyleSheet;
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];

  const shapes = {
    u: "M8 1.1a6.9 6.9 0 1 0 .01 0M8 4.2V8l2.7 1.7",
    d: "M4.8 1.4h6.4q3.4 0 3.4 3.4v6.4q0 3.4-3.4 3.4H4.8q-3.4 0-3.4-3.4V4.8q0-3.4 3.4-3.4M4.6 8h6.8",
    p: "M8 1.7 14.9 14H1.1ZM8 6.2v3.6m0 1.7v.5",
    m: "M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2Zm.4 4.4 4.8 4.8m0-4.8-4.8 4.8"
  };
  const draw = (tag, attrs) => set(doc.createElementNS("http://www.w3.org/2000/svg", tag), attrs);
  // Storage may be refused, or hold what is not ours: then the memory lasts as long as the page.
  const fresh = () => {
    try { gone = [].concat(JSON.parse(localStorage[store])); } catch {}
    return banner.items.filter(i => i.show && !gone.includes(i.key)
      && (!wanted || !i.components[0] || i.components.some(id => wanted.includes(id))));
  };
  const show = () => {
    if (!banner) return;
    const items = fresh(), first = items[0], look = opt.theme;
    const notes = items.map(i => Date.parse(i.next_update || i.until) < Date.now() ? "" : i.note);
    const made = JSON.stringify([items, notes]);
    box.className = first ? `on ${first.impact[0]} ${opt.position} ${look == "dark" || look != "light" && dark.matches ? "dark" : ""}` : "";
    // Nobody's focus is taken away: while a link has it, the words stay.
    if (made == drawn || root.activeElement?.href) return;
    drawn = made;
    live.replaceChildren(...items.slice(0, 3).map((i, n) => {
      const row = make("div", "", "", {class: "row " + i.impact[0]}), text = make("div");
      const sign = draw("svg", {viewBox: "0 0 16 16", "aria-hidden": true});
      sign.append(draw("path", {d: shapes[i.impact[0]]}));
      text.append(make("b", i.state + " "), link(i.headline, i.url, i.headline_locale), make("p", i.line, i.line_locale), make("small", notes[n]));
      row.append(sign, text);
      return row;
    }));
    if (items[3]) live.append(link(`${banner.site.name} +${items.length - 3}`, banner.site.url));
    set(box, {lang: banner.locale, dir: banner.direction, "aria-label": first ? banner.labels.region : ""});
    set(close, {"aria-label": banner.labels.dismiss});
  };
  close.onclick = () => {
    gone = gone.concat(fresh().map(i => i.key)).slice(-99);
    try { localStorage[store] = JSON.stringify(gone); } catch {}
    show();
  };

  // Asked every five seconds whether a minute is over; a tick may come a little early.
  const check = async () => {
    if (doc.hidden || Date.now() - last < minute) return;
    last = Date.now();
    try {
      const got = await fetch(base + (locale == locales[0] ? "" : locale + "/") + "api/banner.json", {
        referrerPolicy: "no-referrer", signal: AbortSignal.timeout(8e3)
      });
      if (got.ok) {
        banner = await got.json();
        show();
      }
    } catch {}
  };
  const start = () => {
    const body = doc.body;
    root.append(box);
    box.append(live, close);
    if (opt.position == "inline" && body.contains(me)) me.after(host);
    else body[opt.position == "bottom" ? "append" : "prepend"](host);
    dark.onchange = show;
    doc.addEventListener("visibilitychange", check);
    setInterval(check, 5e3);
    check();
  };
  doc.body ? start() : doc.addEventListener("DOMContentLoaded", start);
})();
