// Completes the word before the caret in an expression: names of columns, then their values. A combobox with a list
// box (WAI-ARIA): arrows choose, Enter or Tab takes, Escape closes. Without this script the field is typed by hand.
"use strict";

(function () {
  const field = document.querySelector("[data-completes]");
  const data = field && document.getElementById(field.dataset.completes);
  if (!data) return;
  const columns = JSON.parse(data.textContent);
  const MOST = 12;

  const list = document.createElement("ul");
  list.id = field.id + "_completions";
  list.className = "completions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.dataset.listLabel);
  list.hidden = true;
  field.after(list);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");

  let shown = [];
  let chosen = -1;

  const named = (name) => (/^[A-Za-z_]\w*$/.test(name) ? name : "`" + name + "`");
  const literal = (value) => {
    if (value === true) return "True";
    if (value === false) return "False";
    return typeof value === "number" ? String(value) : "'" + value.replace(/\\/g, "\\\\").replace(/'/g, "\\'") + "'";
  };
  const byName = new Map(columns.map((column) => [named(column.name), column]));

  // What stands before the caret: the word being typed, and the column whose value it would be, if any.
  function place() {
    const before = field.value.slice(0, field.selectionStart);
    const value = /(`[^`]+`|[A-Za-z_]\w*)\s*(?:==|!=|<=|>=|<|>|\bin\s*\((?:[^()]*,)?)\s*('[^']*|"[^"]*|[\w.-]*)$/.exec(before);
    if (value && byName.has(value[1])) return { column: byName.get(value[1]), word: value[2], start: before.length - value[2].length };
    const quotes = (before.match(/'/g) || []).length;
    if (quotes % 2) return null;
    const word = /(`[^`]*|[A-Za-z_]\w*)$/.exec(before);
    return { column: null, word: word ? word[0] : "", start: before.length - (word ? word[0].length : 0) };
  }

  function found(at) {
    const word = at.word.replace(/^['"`]/, "").toLowerCase();
    const fits = (...texts) => texts.some((text) => String(text || "").toLowerCase().includes(word));
    if (at.column) {
      return at.column.values.filter(([value, words]) => fits(value, words)).map(([value, words]) => [literal(value), words]);
    }
    if (!word) return [];
    const starts = (column) => (column.name.toLowerCase().startsWith(word) ? 0 : 1);
    const names = columns.filter((column) => fits(column.name, column.meaning)).sort((a, b) => starts(a) - starts(b));
    const words = [["and", ""], ["or", ""], ["not ", ""], ["missing(", ""], ["in (", ""], ["contains(", ""]].filter(([text]) => text.startsWith(word));
    return [...names.map((column) => [named(column.name), column.meaning]), ...words];
  }

  function close() {
    list.hidden = true;
    shown = [];
    chosen = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function mark(i) {
    chosen = i;
    [...list.children].forEach((item, j) => item.setAttribute("aria-selected", String(j === i)));
    if (i >= 0) {
      field.setAttribute("aria-activedescendant", list.children[i].id);
      list.children[i].scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  }

  function open() {
    const at = place();
    const offered = at ? found(at).slice(0, MOST) : [];
    if (!offered.length || (offered.length === 1 && offered[0][0] === at.word)) return close();
    shown = offered;
    list.replaceChildren(...offered.map(([text, words], i) => {
      const item = document.createElement("li");
      item.id = list.id + "_" + i;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const code = document.createElement("code");
      code.textContent = text;
      const said = document.createElement("span");
      said.textContent = words || "";
      item.append(code, said);
      item.addEventListener("pointerdown", (event) => { event.preventDefault(); take(i); });
      return item;
    }));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    mark(-1);
  }

  function take(i) {
    const at = place();
    if (!at) return close();
    const text = shown[i][0];
    const after = field.value.slice(field.selectionStart);
    const caret = at.start + text.length;
    field.value = field.value.slice(0, at.start) + text + after;
    field.setSelectionRange(caret, caret);
    close();
    field.dispatchEvent(new Event("input", { bubbles: true }));
    close();
  }

  let byHand = false;
  field.addEventListener("keydown", (event) => {
    byHand = true;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) { open(); if (list.hidden) return; }
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(chosen < 0 ? (step > 0 ? 0 : shown.length - 1) : (chosen + step + shown.length) % shown.length);
    } else if ((event.key === "Enter" || event.key === "Tab") && !list.hidden && chosen >= 0) {
      event.preventDefault();
      take(chosen);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter") close();
  });
  // Only what a person types opens the list; the builder writes into the field as well.
  field.addEventListener("input", (event) => { if (byHand && event.isTrusted) open(); });
  field.addEventListener("blur", close);
  document.addEventListener("htmx:oobAfterSwap", () => {
    const error = document.getElementById("expression-error");
    if (error && error.textContent.trim()) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  });
})();
