// What follows the present instruction, and what a page remembers while it is changed. Everything works without this script, with a mouse and reloads.
(() => {
  "use strict";
  // At once, not a moment after the page has loaded: a quick key must not be answered with a whole page.
  window.htmx?.process(document.body);

  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // The present line stays in sight, and moves only when it must.
  function follow() {
    for (const box of all("[data-follow]")) {
      const line = one(".next", box) ?? one(".done", box);
      if (!line) {
        continue;
      }
      const top = line.offsetTop;
      const low = box.scrollTop + box.clientHeight * 0.08;
      const high = box.scrollTop + box.clientHeight * 0.85;
      if (top < low || top > high) {
        box.scrollTop = top - box.clientHeight * 0.35;
      }
    }
    for (const box of all("[data-latest]")) {
      box.scrollLeft = box.scrollWidth;
    }
    for (const box of all("[data-end]")) {
      box.scrollTop = box.scrollHeight;
    }
  }

  // What was unfolded stays so; the server does not know of it.
  const unfolded = new Set();
  document.addEventListener("toggle", event => {
    const box = event.target;
    if (box.closest("#lab") && box.id) {
      box.open ? unfolded.add(box.id) : unfolded.delete(box.id);
    }
  }, true);
  function unfold() {
    for (const box of all("#lab details[id]")) {
      box.open = unfolded.has(box.id);
    }
  }

  // In the gutters the arrows lead from line to line; a place to run to is the line that had the focus.
  let line = "";
  document.addEventListener("focusin", event => {
    const gutter = event.target.closest?.("[data-do=gutter]");
    if (gutter) {
      line = gutter.value;
    }
  });
  document.addEventListener("keydown", event => {
    const gutter = event.target.closest?.("[data-do=gutter]");
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (gutter && step) {
      const lines = all("[data-do=gutter]:enabled", gutter.closest("ol"));
      lines[lines.indexOf(gutter) + step]?.focus();
      event.preventDefault();
    }
  });
  // So they do from byte to byte of memory.
  document.addEventListener("keydown", event => {
    const byte = event.target.closest?.("[data-do=watch-byte]");
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 16, ArrowUp: -16 }[event.key];
    if (byte && step) {
      const bytes = all("[data-do=watch-byte]", byte.closest("table"));
      bytes[bytes.indexOf(byte) + step]?.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("click", event => {
    const place = event.target.closest?.("[data-do^=run-to]") && one("#place");
    if (place && place.value === "") {
      place.value = line;
      if (line === "") {
        event.preventDefault();
        event.stopPropagation();
        one("#aims").open = true;
        place.focus();
      }
    }
  }, true);

  // A menu closes when something in it was chosen, or something else was.
  function closeMenus(beside) {
    for (const menu of all("details.menu[open]")) {
      menu.open = menu === beside;
    }
  }
  document.addEventListener("click", event => {
    closeMenus(event.target.closest?.(".menu button") ? null : event.target.closest?.("details.menu"));
  });
  document.addEventListener("keydown", event => {
    const menu = event.target.closest?.("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      one("summary", menu).focus();
    }
  });

  // Opening another mode keeps the guest time, as long as the guest stays the same.
  function beforeOpening(form) {
    const lab = one("#lab");
    const time = one("input[name=time]", form);
    const guest = one("[data-choose=guest]", form);
    const same = guest.selectedOptions[0]?.defaultSelected;
    time.disabled = !same || !lab?.dataset.time || lab.dataset.time === "0";
    time.value = lab?.dataset.time ?? "";
    // What was typed comes to the same guest again: the address of the lab has it by now.
    const input = one("input[name=input]", form);
    input.value = new URLSearchParams(location.search).get("input") ?? input.value;
    input.disabled = !same || input.value === "";
    for (const name of ["views", "syntax"]) {
      const kept = one(`input[name=${name}]`, form);
      kept.value = lab?.dataset[name] ?? kept.value;
      kept.disabled = kept.value === kept.dataset.usual;
    }
    for (const beside of all("select[name=mode]", form)) {
      beside.disabled = beside.value === "";
    }
    // So do breakpoints, bookmarks and speed.
    all("[data-kept]", form).forEach(kept => kept.remove());
    for (const [name, value] of new URLSearchParams(same ? location.search : "")) {
      if (["break", "bookmark", "speed"].includes(name)) {
        const kept = Object.assign(document.createElement("input"), { type: "hidden", name, value });
        kept.dataset.kept = "";
        form.append(kept);
      }
    }
    for (const choice of all("[data-usual]", form)) {
      choice.disabled = choice.value === choice.dataset.usual;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    follow();
    const form = one("#choose");
    form?.addEventListener("submit", () => beforeOpening(form));
    form?.addEventListener("change", () => {
      const chosen = all("option", form).some(option => option.selected !== option.defaultSelected);
      one("[data-do=open]", form).classList.toggle("primary", chosen);
    });
    if (location.hash === "#editor") {
      one("#editor").open = true;
    }
    one("[data-do=edit]")?.addEventListener("click", () => {
      one("#editor").open = true;
    });
  });
  // A request without an answer must not look like a button that does nothing.
  function answered(yes) {
    const silent = one("#silent");
    if (silent) {
      silent.hidden = yes;
    }
  }
  document.addEventListener("htmx:error", () => answered(false));
  document.addEventListener("htmx:after:swap", () => answered(true));
  document.addEventListener("htmx:after:swap", unfold);
  // A slider that was dragged stands where the lab does.
  document.addEventListener("htmx:after:swap", () => {
    for (const slider of all("#lab input[type=range]")) {
      slider.value = slider.getAttribute("value");
    }
  });
  // Run and Pause take each other's place, and so does the focus.
  let pressed = "";
  document.addEventListener("focusin", event => {
    pressed = event.target.dataset?.do ?? "";
  });
  document.addEventListener("htmx:after:swap", () => {
    const other = { run: "pause", pause: "run" }[pressed];
    const here = other && one(`.bar [data-do=${pressed}]`);
    if (here && here.offsetParent === null && [document.body, here].includes(document.activeElement)) {
      one(`.bar [data-do=${other}]`).focus();
    }
  });
  // What was typed for COM1 and sent leaves its field; what the server refused stays there.
  let sent = false;
  document.addEventListener("submit", event => {
    sent = sent || event.target.matches?.("form.type");
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    if (sent) {
      sent = false;
      all("#lab [data-do=keys]").forEach(field => {
        field.value = field.getAttribute("value") ?? "";
      });
    }
  });
  // What was added leaves its form, unless something is wrong with it.
  let added = "";
  document.addEventListener("submit", event => {
    added = ["stop-new", "bookmark-new"].includes(event.target.id) ? event.target.id : "";
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    if (added && !one("[data-value=notice]")) {
      one(`#${added}`)?.reset();
    }
    added = "";
  });
  document.addEventListener("htmx:after:swap", follow);
  document.addEventListener("htmx:after:settle", follow);
})();
