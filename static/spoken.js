// The log of steps for those who listen: what the server says of a step, in a region that is read out. While the guest runs by itself, it speaks
// every few seconds; and not at all where somebody has switched it off.
(() => {
  "use strict";
  const STORE = "ringside.spoken";
  const SOON = 120;
  const RUNNING = 3000;
  const MOST = 30;
  const log = document.getElementById("spoken");
  const choice = document.querySelector("[data-do=speak]");
  if (!log || !choice) {
    return;
  }
  const text = () => (document.getElementById("said")?.textContent ?? "").replace(/\s+/g, " ").trim();
  let on = true;
  try {
    on = localStorage.getItem(STORE) !== "off";
  } catch {
    // It speaks.
  }
  let last = text();
  let spoken = 0;
  let waiting = 0;

  function speak() {
    const now = text();
    if (!on || now === "" || now === last) {
      return;
    }
    last = now;
    spoken = performance.now();
    log.append(Object.assign(document.createElement("p"), { textContent: now }));
    while (log.childElementCount > MOST) {
      log.firstElementChild.remove();
    }
  }
  document.addEventListener("htmx:after:swap", () => {
    const running = document.getElementById("lab")?.dataset.running === "true";
    clearTimeout(waiting);
    waiting = setTimeout(speak, running ? Math.max(0, RUNNING - (performance.now() - spoken)) : SOON);
  });

  choice.checked = on;
  choice.addEventListener("change", () => {
    on = choice.checked;
    last = text();
    if (!on) {
      log.replaceChildren();
    }
    try {
      localStorage.setItem(STORE, on ? "on" : "off");
    } catch {
      // It holds until the page is left.
    }
  });
})();
