// Keys. Each belongs to the button, link or field that names it in aria-keyshortcuts. Whoever uses them may give them other keys or switch them
// off; both are kept in this browser. (WCAG 2.1.4, Character Key Shortcuts.)
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const KEYED = "[aria-keyshortcuts], [data-own-key]";
  const STORE = "ringside.keys";
  // Firefox opens its search with these.
  const BROWSERS = ["/", "'"];

  function read() {
    try {
      const { off = false, map = {} } = JSON.parse(localStorage.getItem(STORE)) ?? {};
      return { off: off === true, map };
    } catch {
      return { off: false, map: {} };
    }
  }
  const kept = read();
  function keep() {
    try {
      localStorage.setItem(STORE, JSON.stringify(kept));
    } catch {
      // It holds until the page is left.
    }
  }

  const single = key => [...key.replace(/^Shift\+/, "")].length === 1;
  const typed = event => event.key.length === 1 && event.key !== " " ? (/^\p{Lu}$/u.test(event.key) ? "Shift+" : "") + event.key : "";
  const shown = key => key.replace(/^Shift\+/, "");
  const present = own => kept.map[own] ?? own;
  const own = element => element.dataset.ownKey ?? element.getAttribute("aria-keyshortcuts");

  // What somebody chose is also what the page says: to assistive technology, beside the button, and in the list.
  function say() {
    for (const element of all(KEYED)) {
      const key = own(element);
      if (!single(key)) {
        continue;
      }
      const chosen = kept.off ? "" : present(key);
      if (chosen !== key || element.dataset.ownKey) {
        element.dataset.ownKey = key;
        chosen ? element.setAttribute("aria-keyshortcuts", chosen) : element.removeAttribute("aria-keyshortcuts");
        all("kbd", element).forEach(kbd => {
          kbd.textContent = shown(present(key));
          kbd.hidden = kept.off;
        });
      }
    }
    for (const kbd of all("#help dl kbd")) {
      kbd.dataset.shown ??= kbd.textContent;
      const key = kbd.dataset.shown;
      if ([...key].length === 1) {
        kbd.textContent = shown(present(/^\p{Lu}$/u.test(key) ? "Shift+" + key : key));
      }
    }
    const on = one("[data-do=keys-on]");
    if (on) {
      on.checked = !kept.off;
    }
  }

  function find(key) {
    const moved = Object.entries(kept.map).filter(([, to]) => to === key).map(([from]) => from);
    const candidates = [...moved, ...(key in kept.map ? [] : [key])];
    for (const candidate of candidates) {
      const element = all(KEYED).find(it => own(it) === candidate && (it.offsetParent !== null || it.closest(".bar")));
      if (element) {
        return element;
      }
    }
    return null;
  }

  document.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable=true], .cm-editor");
    if (event.key === "Escape" && typing) {
      typing.blur?.();
      event.target.blur?.();
      return;
    }
    if (typing || kept.off || one("dialog[open]")) {
      return;
    }
    const key = typed(event);
    const target = key && find(key);
    if (!target) {
      return;
    }
    event.preventDefault();
    if (target.matches("summary")) {
      target.click();
      target.focus();
    } else if (target.matches("input, select")) {
      target.focus();
      target.select?.();
    } else if (!target.disabled) {
      target.click();
    }
  });

  // The list of this page's keys, and what may be changed about them.
  function name(element) {
    const label = element.labels?.[0]?.textContent ?? "";
    const copy = element.cloneNode(true);
    all("kbd, svg, option, [aria-hidden=true]", copy).forEach(part => part.remove());
    return [element.getAttribute("aria-label"), label, element.matches("input, select") ? "" : copy.textContent, element.title, element.placeholder]
      .map(text => (text ?? "").replace(/\s+/g, " ").trim())
      .find(text => text !== "") ?? "";
  }
  function names() {
    const known = new Map();
    for (const element of all(KEYED)) {
      const key = own(element);
      if (single(key) && !known.has(key) && getComputedStyle(element).display !== "none") {
        known.set(key, name(element));
      }
    }
    return known;
  }
  const element = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
  function list() {
    const known = names();
    const fill = one("#help dl[data-fill]");
    fill?.replaceChildren(...[...known].flatMap(([key, text]) => {
      const dt = document.createElement("dt");
      dt.append(element("kbd", shown(key)));
      return [dt, element("dd", text)];
    }));
    const choice = one("[data-do=rebind]");
    const before = choice.value;
    choice.replaceChildren(...[...known].map(([key, text]) =>
      Object.assign(element("option", `${shown(present(key))}   ${text}`), { value: key })));
    if (known.has(before)) {
      choice.value = before;
    }
    say();
  }

  const said = (kind, ...gaps) => {
    const place = one("#key-said");
    place.textContent = gaps.reduce((text, gap, i) => text.replace(`{${i}}`, gap), place.dataset[kind]);
  };
  let waiting = "";
  addEventListener("keydown", event => {
    if (!waiting || ["Shift", "AltGraph", "CapsLock"].includes(event.key)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const from = waiting;
    waiting = "";
    const key = event.ctrlKey || event.metaKey || event.altKey ? "" : typed(event);
    if (!key || BROWSERS.includes(key)) {
      said(event.key === "Escape" ? "same" : "browser");
      return;
    }
    const taken = [...names()].find(([other]) => other !== from && present(other) === key);
    if (taken) {
      said("taken", shown(key), taken[1]);
      return;
    }
    if (key === from) {
      delete kept.map[from];
    } else {
      kept.map[from] = key;
    }
    keep();
    list();
    said("done", shown(key), names().get(from));
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    const help = one("#help");
    if (!help) {
      return;
    }
    for (const button of all("[data-do=help]")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        list();
        help.showModal();
      });
    }
    help.addEventListener("close", () => {
      waiting = "";
      one("#key-said").textContent = "";
    });
    one("[data-do=press]", help).addEventListener("click", () => {
      waiting = one("[data-do=rebind]", help).value;
      said("wait");
    });
    one("[data-do=keys-reset]", help).addEventListener("click", () => {
      kept.map = {};
      kept.off = false;
      keep();
      say();
      list();
      said("undone");
    });
    one("[data-do=keys-on]", help).addEventListener("change", event => {
      kept.off = !event.target.checked;
      keep();
      say();
    });
    say();
  });
  document.addEventListener("htmx:after:swap", say);
})();
