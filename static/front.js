// The first page's guest runs by itself: a step every moment, asked of the server. It stands where somebody wants it to, where its owner wants
// little motion, where nobody sees it, and after a few rounds.
(() => {
  "use strict";
  const STEP = 1300;
  const REST = 5000;
  const ROUNDS = 3;
  const play = document.getElementById("play");
  if (!play) {
    return;
  }
  const stage = () => document.getElementById("showcase");
  let playing = false;
  let rounds = ROUNDS;
  let waiting = 0;
  let seen = true;

  function show(now) {
    playing = now;
    play.textContent = now ? play.dataset.pause : play.dataset.play;
    clearTimeout(waiting);
    if (now) {
      waiting = setTimeout(step, STEP);
    }
  }

  function step() {
    const ended = stage().dataset.ended === "true";
    if (!document.hidden && seen) {
      if (ended && --rounds <= 0) {
        show(false);
        return;
      }
      const form = stage().querySelector("form");
      form.requestSubmit(form.querySelector(ended ? "[data-do=reset]" : "[data-do=step]"));
    }
    waiting = setTimeout(step, STEP);
  }

  play.hidden = false;
  play.addEventListener("click", () => {
    rounds = ROUNDS;
    show(!playing);
  });
  // Whoever steps it themselves goes at their own pace.
  document.addEventListener("click", event => {
    if (event.target.closest?.("#showcase [name=at]")) {
      show(false);
    }
  });
  // Its end is left to be read.
  document.addEventListener("htmx:after:swap", () => {
    if (playing && stage().dataset.ended === "true") {
      clearTimeout(waiting);
      waiting = setTimeout(step, REST);
    }
  });
  new IntersectionObserver(entries => {
    seen = entries.some(entry => entry.isIntersecting);
  }).observe(stage().parentElement);
  show(!matchMedia("(prefers-reduced-motion: reduce)").matches);
})();
