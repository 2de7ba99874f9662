// The editor: a text area that becomes CodeMirror when it is opened. Words to colour come from the server's instruction table.
(() => {
  "use strict";
  const details = document.getElementById("editor");
  const area = document.getElementById("source");
  const code = window.ringsideEditor;
  if (!details || !area || !code) {
    return;
  }
  let view = null;

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
            ...code.defaultKeymap, ...code.historyKeymap,
          ]),
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
