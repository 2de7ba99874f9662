// The editor: a text area that becomes CodeMirror when it is opened. Words to colour and complete come from the server's instruction table,
// errors as one types from its assembler. What was written stays in this browser until it is discarded.
(() => {
  "use strict";
  const details = document.getElementById("editor");
  const area = document.getElementById("source");
  const code = window.ringsideEditor;
  if (!details || !area || !code) {
    return;
  }
  const form = area.form;
  let view = null;

  const text = () => view ? view.state.doc.toString() : area.value;

  function language(words) {
    const [mnemonics, registers, directives] = words.map(line => new Set(line.split(" ")));
    return code.StreamLanguage.define({
      name: "nasm",
      token(stream) {
        if (stream.eatSpace()) {
          return null;
        }
        if (stream.eat(";")) {
          stream.skipToEnd();
          return "comment";
        }
        if (stream.match(/^(?:"[^"]*"?|'[^']*'?|`(?:\\.|[^`\\])*`?)/)) {
          return "string";
        }
        if (stream.match(/^(?:0[xX][0-9a-fA-F_]+|\$[0-9][0-9a-fA-F_]*|[0-9][0-9a-fA-F_]*[hHqQoObBdDyY]?)\b/)) {
          return "number";
        }
        const word = stream.match(/^%?[.\w$@?#~]+/);
        if (word) {
          const text = word[0].toLowerCase();
          if (registers.has(text)) {
            return "atom";
          }
          if (mnemonics.has(text)) {
            return "keyword";
          }
          if (directives.has(text)) {
            return "meta";
          }
          return stream.match(/^:/, false) ? "labelName" : "variableName";
        }
        stream.next();
        return null;
      },
      languageData: { commentTokens: { line: ";" } },
    });
  }

  // Completion. At the beginning of a statement instructions and directives, behind it registers, words and the labels of this source.
  const LONGEST_SEARCHED = 200000;
  function completion(words) {
    const [mnemonics, registers, directives] = words.map(line => line.split(" ").filter(Boolean));
    const options = (names, kind) => names.map(label => ({ label, detail: details.dataset[kind] }));
    const beginnings = [...options(mnemonics, "instruction"), ...options(directives, "directive")];
    const operands = [...options(registers, "register"), ...options(directives.filter(name => !name.startsWith("%")), "directive")];
    const labels = doc => {
      const found = doc.slice(0, LONGEST_SEARCHED).matchAll(/^[ \t]*([A-Za-z_.?@][\w.$?@#~]*)[ \t]*(?::|[ \t]equ\b)/gim);
      return options([...new Set([...found].map(match => match[1]))], "label");
    };
    return context => {
      const mark = context.matchBefore(/^[ \t]*;@[ \t]*\w*$/);
      if (mark) {
        return { from: mark.from + mark.text.indexOf(";"), options: options([";@ milestone "], "milestone"), filter: false };
      }
      const word = context.matchBefore(/[%.\w$@?#~]+/);
      const line = context.state.doc.lineAt(context.pos);
      const head = line.text.slice(0, (word?.from ?? context.pos) - line.from);
      const plain = head.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, "");
      if (!word && !context.explicit || /[;"'`]/.test(plain) || /^\d/.test(word?.text ?? "")) {
        return null;
      }
      const begins = /^\s*([\w.$?@#~%]+:\s*)?(?:(?:rep\w*|lock|times\s.*)\s+)?$/i.test(plain);
      return {
        from: word?.from ?? context.pos,
        options: begins ? beginnings : [...labels(context.state.doc.toString()), ...operands],
        validFor: /^[%.\w$@?#~]*$/,
      };
    };
  }

  // Errors as one types: the server looks the source over when nothing was typed for a moment, one request at a time.
  const PAUSE = 600;
  let checking = false;
  let waiting = 0;
  function checkSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(check, PAUSE);
  }
  async function check() {
    if (checking) {
      checkSoon();
      return;
    }
    checking = true;
    const source = text();
    try {
      const response = await post("check", source);
      if (response.status === 200 && source === text()) {
        document.getElementById("answer").outerHTML = await response.text();
        showComplaints();
      }
    } catch {
      // The next key, or the button, asks again.
    } finally {
      checking = false;
    }
  }
  function post(name, source) {
    return fetch(`${form.getAttribute("action")}/${name}`, {
      method: "POST", headers: { "HX-Request": "true" }, body: new URLSearchParams({ source }),
    });
  }

  async function format() {
    const source = text();
    const response = await post("format", source);
    const formatted = response.ok ? await response.text() : source;
    if (formatted !== source && source === text()) {
      replace(formatted);
    }
  }
  // The whole text, with the cursor left in its line.
  function replace(source) {
    area.value = source;
    if (view) {
      const line = view.state.doc.lineAt(view.state.selection.main.head).number;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: source }, userEvent: "format" });
      const there = view.state.doc.line(Math.min(line, view.state.doc.lines));
      view.dispatch({ selection: { anchor: there.to }, scrollIntoView: true });
    } else {
      remember();
    }
  }

  // What was written and not assembled stays in this browser, for each guest; of many, the latest.
  const DRAFTS = "ringside.draft.";
  const MOST_DRAFTS = 20;
  const LONGEST_DRAFT = 1 << 18;
  const key = DRAFTS + details.dataset.draft;
  const served = area.defaultValue;
  const notice = document.getElementById("draft");
  let lost = false;
  let remembering = 0;
  function remember() {
    clearTimeout(remembering);
    const source = text();
    try {
      if (source === served) {
        localStorage.removeItem(key);
        lost = false;
        return;
      }
      lost = source.length > LONGEST_DRAFT;
      if (!lost) {
        localStorage.setItem(key, JSON.stringify({ at: Date.now(), source }));
        const all = Object.keys(localStorage).filter(name => name.startsWith(DRAFTS));
        const at = name => JSON.parse(localStorage.getItem(name)).at;
        all.sort((a, b) => at(b) - at(a)).slice(MOST_DRAFTS).forEach(name => localStorage.removeItem(name));
      }
    } catch {
      lost = true;
    }
  }
  function draft() {
    try {
      return JSON.parse(localStorage.getItem(key))?.source ?? null;
    } catch {
      return null;
    }
  }
  function changed() {
    clearTimeout(remembering);
    remembering = setTimeout(remember, 250);
    checkSoon();
  }
  addEventListener("pagehide", () => text() === served && draft() === null || remember());
  // Only where this browser keeps nothing for us must somebody be asked.
  addEventListener("beforeunload", event => {
    if (lost && !sent) {
      event.preventDefault();
    }
  });
  let sent = false;
  form.addEventListener("submit", () => {
    sent = true;
  });
  const before = draft();
  if (before !== null && before !== served) {
    area.value = before;
    notice.hidden = false;
    details.open = true;
  }
  notice.querySelector("[data-do=discard]").addEventListener("click", event => {
    if (confirm(event.target.dataset.ask)) {
      replace(served);
      remember();
      notice.hidden = true;
      view?.focus();
    }
  });
  form.querySelector("[data-do=format]").addEventListener("click", event => {
    event.preventDefault();
    format();
  });

  const colours = code.HighlightStyle.define([
    { tag: code.tags.keyword, color: "var(--accent)", fontWeight: "600" },
    { tag: code.tags.atom, color: "var(--changed)" },
    { tag: code.tags.number, color: "var(--ink)", fontWeight: "600" },
    { tag: code.tags.string, color: "var(--changed)" },
    { tag: code.tags.comment, color: "var(--soft)", fontStyle: "italic" },
    { tag: code.tags.meta, color: "var(--soft)", fontWeight: "600" },
    { tag: code.tags.labelName, color: "var(--ink)", fontWeight: "700" },
  ]);
  const look = code.EditorView.theme({
    ".cm-content": { fontFamily: "var(--mono)", caretColor: "var(--ink)" },
    ".cm-gutters": { fontFamily: "var(--mono)", backgroundColor: "var(--panel)", color: "var(--soft)", borderRight: "1px solid var(--line)" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--mark) 45%, transparent)" },
    "&.cm-focused": { outline: "2px solid var(--accent)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    ".cm-scroller": { overflow: "auto", maxHeight: "500px", lineHeight: "1.45" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "14em" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
    ".cm-completionDetail": { fontStyle: "normal", fontFamily: "var(--sans)", opacity: ".8" },
    ".cm-tooltip": { backgroundColor: "var(--raised)", color: "var(--ink)", border: "1px solid var(--line)" },
  });

  async function open() {
    if (view || !details.open) {
      return;
    }
    const response = await fetch("/assembly-words");
    const words = response.ok ? (await response.text()).trim().split("\n") : ["", "", ""];
    if (view) {
      return;
    }
    const tabs = code.EditorState.tabSize.of(8);
    view = new code.EditorView({
      state: code.EditorState.create({
        doc: area.value,
        extensions: [
          code.EditorView.cspNonce.of(document.querySelector("meta[name=style-nonce]").content),
          code.lineNumbers(), code.highlightActiveLine(), code.highlightActiveLineGutter(), code.drawSelection(),
          code.highlightSpecialChars(), code.history(), code.bracketMatching(), code.lintGutter(), tabs,
          code.keymap.of([
            { key: "Mod-Enter", run: () => { details.querySelector("[data-do=assemble]").click(); return true; } },
            { key: "Shift-Alt-f", run: () => { format(); return true; } },
            ...code.defaultKeymap, ...code.historyKeymap,
          ]),
          // Enter begins a line unless a word was chosen with an arrow, and Tab leaves the editor.
          code.autocompletion({ override: [completion(words)], selectOnOpen: false, icons: false }),
          language(words), code.syntaxHighlighting(colours), look,
          code.EditorView.contentAttributes.of({ "aria-label": document.querySelector("label[for=source]").textContent }),
          // Typing over a selection: done here, since the browser would put styles of its own into the text, which the page's policy refuses.
          code.EditorView.domEventHandlers({
            beforeinput(event, editor) {
              if (event.inputType !== "insertText" || event.data === null || editor.composing || editor.state.selection.main.empty) {
                return false;
              }
              event.preventDefault();
              editor.dispatch(editor.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
              return true;
            },
          }),
          code.EditorView.updateListener.of(update => {
            if (update.docChanged) {
              area.value = update.state.doc.toString();
              changed();
            }
          }),
        ],
      }),
      parent: area.parentElement,
    });
    area.parentElement.insertBefore(view.dom, area);
    area.hidden = true;
    showComplaints();
  }

  // Errors stand at their lines, too.
  function showComplaints() {
    if (!view) {
      return;
    }
    const doc = view.state.doc;
    const diagnostics = [...document.querySelectorAll("#answer li")].map(item => {
      const line = doc.line(Math.min(Math.max(1, Number(item.dataset.line)), doc.lines));
      const from = Math.min(line.from + Math.max(0, Number(item.dataset.column) - 1), line.to);
      const parts = [item.querySelector(".text"), item.querySelector(".hint")].filter(Boolean);
      return { from, to: Math.max(from, line.to), severity: "error", message: parts.map(part => part.textContent).join(" – ") };
    });
    view.dispatch(code.setDiagnostics(view.state, diagnostics));
  }

  function goTo(item) {
    const number = Number(item.dataset.line);
    if (view) {
      const line = view.state.doc.line(Math.min(number, view.state.doc.lines));
      view.dispatch({ selection: { anchor: line.from }, effects: code.EditorView.scrollIntoView(line.from, { y: "center" }) });
      view.focus();
    } else {
      const start = area.value.split("\n").slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start);
    }
  }

  area.addEventListener("input", changed);
  details.addEventListener("toggle", open);
  details.addEventListener("click", event => {
    const item = event.target.closest("[data-do=line]")?.closest("li");
    if (item) {
      goTo(item);
    }
  });
  document.addEventListener("htmx:after:swap", showComplaints);
  open();
})();
