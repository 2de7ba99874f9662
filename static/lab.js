// The lab's keys and what follows the present instruction. Everything works without this script, with a mouse and reloads.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // Every key belongs to the button or link that names it in aria-keyshortcuts.
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
    if (typing || one("dialog[open]")) {
      return;
    }
    const key = event.key.length === 1 ? event.key : "";
    const target = key && all(`[aria-keyshortcuts="${CSS.escape(key)}"]`).find(element => element.offsetParent !== null || element.closest(".bar"));
    if (!target) {
      return;
    }
    event.preventDefault();
    if (target.matches("input, select")) {
      target.focus();
      target.select?.();
    } else if (!target.disabled) {
      target.click();
    }
  });

  // The present line stays in sight, and moves only when it must.
  function follow() {
    for (const box of all("[data-follow]")) {
      const line = one(".next", box);
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
    for (const box of all("[data-end]")) {
      box.scrollTop = box.scrollHeight;
    }
  }

  // Choosing opens at once, at the same guest time where the guest stays the same.
  function choose(form, changed) {
    const time = one("input[name=time]", form);
    const lab = one("#lab");
    time.disabled = changed === "guest" || !lab || lab.dataset.time === "0";
    time.value = lab?.dataset.time ?? "";
    if (form.elements.mode?.[1] && form.elements.mode[1].value === "") {
      form.elements.mode[1].disabled = true;
    }
    form.submit();
  }

  document.addEventListener("DOMContentLoaded", () => {
    follow();
    const form = one("#choose");
    form?.addEventListener("change", event => choose(form, event.target.dataset.choose));
    form?.addEventListener("submit", event => {
      event.preventDefault();
      choose(form, "none");
    });
    const help = one("#help");
    for (const button of all("[data-do=help]")) {
      button.hidden = false;
      button.addEventListener("click", () => help.showModal());
    }
    if (location.hash === "#editor") {
      one("#editor").open = true;
    }
    one("[data-do=edit]")?.addEventListener("click", () => {
      one("#editor").open = true;
    });
  });
  document.addEventListener("htmx:after:swap", follow);
  document.addEventListener("htmx:after:settle", follow);
})();
