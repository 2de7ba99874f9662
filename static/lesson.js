// What a learner's browser remembers of the lessons, and what makes predictions by keyboard possible. Nothing of it leaves the browser.
(() => {
  "use strict";
  const KEY = "ringside.lessons";
  const MOST_BYTES = 1 << 20;
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const { lesson, beat, version } = document.body.dataset;

  function read() {
    try {
      return checked(JSON.parse(localStorage.getItem(KEY) ?? "{}"));
    } catch {
      return {};
    }
  }
  function write(progress) {
    try {
      localStorage.setItem(KEY, JSON.stringify(progress));
    } catch {
      // A browser that keeps nothing shows the lessons all the same.
    }
  }
  // Whatever comes from a file: names, yes and no, and short texts; everything else is left out.
  function checked(data) {
    const clean = {};
    for (const [name, was] of Object.entries(data?.lessons ?? {}).slice(0, 200)) {
      if (!/^[a-z0-9-]{1,60}$/.test(name) || typeof was !== "object" || was === null) {
        continue;
      }
      const lesson = { beats: {}, predictions: {}, passed: was.passed === true };
      for (const kind of ["predict", "step", "explain", "change", "build", "real"]) {
        if (was.beats?.[kind] === true) {
          lesson.beats[kind] = true;
        }
      }
      for (const [number, made] of Object.entries(was.predictions ?? {}).slice(0, 50)) {
        if (/^\d{1,2}$/.test(number) && typeof made?.answer === "string") {
          lesson.predictions[number] = { answer: made.answer.slice(0, 100), first: made.first === true, right: made.right === true };
        }
      }
      if (typeof was.source === "string") {
        lesson.source = was.source.slice(0, 65536);
      }
      clean[name] = lesson;
    }
    return { lessons: clean, learner: String(data?.learner ?? "").slice(0, 80) };
  }
  function change(name, what) {
    const progress = checked(read());
    progress.lessons[name] ??= { beats: {}, predictions: {}, passed: false };
    what(progress.lessons[name]);
    write(progress);
    mark();
  }
  const known = name => checked(read()).lessons[name] ?? { beats: {}, predictions: {}, passed: false };

  // A beat is done when all its questions are answered and its exercise has passed; reading is enough where there is neither.
  function settle() {
    const forms = all("[data-prediction]");
    const now = known(lesson);
    const asked = forms.every(form => now.predictions[form.dataset.prediction]);
    if (asked && (!one(".task") || now.passed)) {
      change(lesson, it => { it.beats[beat] = true; });
    }
  }
  function mark() {
    if (!lesson) {
      return;
    }
    const now = known(lesson);
    for (const link of all("[data-go]")) {
      link.classList.toggle("done", now.beats[link.dataset.go] === true);
    }
  }

  // The machine opens when something has been predicted.
  function unlock() {
    const lab = one("#lab[data-locked=true]");
    if (lab && window.htmx) {
      window.htmx.ajax("GET", `/lab/${lab.dataset.id}/view/lab`, { target: "#lab", swap: "outerMorph" });
    }
  }

  // Until then nothing moves it: neither the bar nor what views have to go elsewhere with.
  for (const button of all("#lab[data-locked=true] button")) {
    button.disabled = true;
  }

  document.addEventListener("htmx:after:swap", () => {
    for (const form of all("[data-prediction]")) {
      const verdict = one("[data-verdict]", form);
      if (!verdict || verdict.dataset.seen || verdict.dataset.verdict === "none") {
        continue;
      }
      verdict.dataset.seen = "yes";
      const right = verdict.dataset.verdict === "right";
      const answer = new FormData(form).get("answer") ?? "";
      change(lesson, it => {
        const before = it.predictions[form.dataset.prediction];
        it.predictions[form.dataset.prediction] = { answer: String(answer).slice(0, 100), first: before ? before.first : right, right };
      });
      unlock();
      settle();
    }
    const grades = one("#grades [data-verdict]");
    if (grades && !grades.dataset.seen) {
      grades.dataset.seen = "yes";
      change(lesson, it => { it.passed = it.passed || grades.dataset.verdict === "right"; });
      settle();
    }
  });

  // Hints come one after the other.
  for (const ladder of all(".hints")) {
    const rungs = all("details", ladder);
    rungs.forEach((rung, i) => {
      rung.hidden = i > 0;
      rung.addEventListener("toggle", () => {
        if (rung.open && rungs[i + 1]) {
          rungs[i + 1].hidden = false;
        }
      });
    });
  }

  // What is to be ordered: by buttons, by arrows on them, and by dragging.
  function place(list) {
    one("input[name=answer]", list.closest("form")).value = all("li", list).map(item => item.dataset.option).join(",");
    all("li", list).forEach((item, i, items) => {
      one("[data-do=up]", item).disabled = i === 0;
      one("[data-do=down]", item).disabled = i === items.length - 1;
    });
  }
  function move(item, down) {
    const list = item.parentElement;
    const other = down ? item.nextElementSibling : item.previousElementSibling;
    if (!other) {
      return;
    }
    down ? other.after(item) : other.before(item);
    place(list);
    const button = one(down ? "[data-do=down]" : "[data-do=up]", item);
    (button.disabled ? one(down ? "[data-do=up]" : "[data-do=down]", item) : button).focus();
    one("[data-moved]", list.closest("form")).textContent = `${one(".what", item).textContent}: ${[...list.children].indexOf(item) + 1}`;
  }
  for (const list of all(".order")) {
    let dragged = null;
    place(list);
    list.addEventListener("click", event => {
      const button = event.target.closest("[data-do=up], [data-do=down]");
      if (button) {
        move(button.closest("li"), button.dataset.do === "down");
      }
    });
    list.addEventListener("keydown", event => {
      const item = event.target.closest("li");
      if (item && ["ArrowUp", "ArrowDown"].includes(event.key)) {
        event.preventDefault();
        move(item, event.key === "ArrowDown");
      }
    });
    list.addEventListener("dragstart", event => { dragged = event.target.closest("li"); });
    list.addEventListener("dragover", event => {
      const over = event.target.closest("li");
      event.preventDefault();
      if (dragged && over && over !== dragged && over.parentElement === list) {
        const box = over.getBoundingClientRect();
        event.clientY > box.top + box.height / 2 ? over.after(dragged) : over.before(dragged);
        place(list);
      }
    });
    list.addEventListener("drop", event => event.preventDefault());
  }

  if (lesson) {
    const now = known(lesson);
    for (const form of all("[data-prediction]")) {
      const made = now.predictions[form.dataset.prediction];
      const field = made && (one(`input[type=radio][value="${CSS.escape(made.answer)}"]`, form) ?? one("input.mono[name=answer]", form));
      if (field?.type === "radio") {
        field.checked = true;
      } else if (field) {
        field.value = made.answer;
      }
    }
    if (Object.keys(now.predictions).some(number => one(`[data-prediction="${number}"]`))) {
      addEventListener("load", unlock);
    }
    const source = one("#source");
    if (source) {
      const given = source.value;
      source.value = now.source ?? given;
      source.addEventListener("input", () => change(lesson, it => { it.source = source.value; }));
      one("[data-do=given]").addEventListener("click", () => {
        source.value = given;
        change(lesson, it => { delete it.source; });
        source.focus();
      });
    }
    // A page without a question is done when it is left.
    one(".turn [data-do=next]")?.addEventListener("click", settle);
    mark();
  }

  // The list of lessons, and the summary.
  function fill() {
    const progress = checked(read());
    for (const item of all(".toc [data-lesson]")) {
      const it = progress.lessons[item.dataset.lesson];
      const state = one("[data-state]", item);
      const done = it && it.passed && Object.keys(it.beats).length >= 6;
      state.textContent = done ? `✓ ${state.dataset.done}` : it && Object.keys(it.beats).length ? state.dataset.begun : "";
    }
    for (const row of all("tr[data-lesson]")) {
      const it = progress.lessons[row.dataset.lesson] ?? { beats: {}, predictions: {}, passed: false };
      const made = Object.values(it.predictions);
      one("[data-cell=beats]", row).textContent = `${Object.keys(it.beats).length} / ${row.dataset.beats}`;
      one("[data-cell=predictions]", row).textContent = made.length ? `${made.filter(each => each.first).length} / ${made.length}` : "–";
      const exercise = one("[data-cell=exercise]", row);
      exercise.textContent = it.passed ? `✓ ${exercise.dataset.yes}` : exercise.dataset.no;
    }
    const learner = one("#learner");
    if (learner) {
      learner.value = progress.learner;
    }
  }
  fill();
  one("#learner")?.addEventListener("input", event => write({ ...checked(read()), learner: event.target.value }));
  one("[data-do=print]")?.addEventListener("click", () => print());
  one("[data-do=export]")?.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(checked(read()), null, 2)], { type: "application/json" }));
    link.download = "ringside-progress.json";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  function tell(what) {
    const told = one("#told");
    told.textContent = told.dataset[what];
    fill();
  }
  one("#import")?.addEventListener("change", async event => {
    const file = event.target.files[0];
    try {
      if (!file || file.size > MOST_BYTES) {
        throw new Error("too large");
      }
      const data = JSON.parse(await file.text());
      if (typeof data?.lessons !== "object" || data.lessons === null) {
        throw new Error("not ours");
      }
      write(checked(data));
      tell("read");
    } catch {
      tell("bad");
    }
    event.target.value = "";
  });
  one("[data-do=forget]")?.addEventListener("click", () => {
    write({ lessons: {} });
    tell("forgotten");
  });

  // A preview loads again when a file has changed.
  if (version) {
    setInterval(async () => {
      try {
        const answer = await fetch("/lesson-version");
        if (answer.ok && (await answer.text()) !== version) {
          location.reload();
        }
      } catch {
        // The preview has ended.
      }
    }, 1000);
  }
})();
