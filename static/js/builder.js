// The group builder: rows of column, comparison, value, written into the expression field as text. The field is
// the one truth: what is typed there is read back into rows where it is of this simple form, else rows step aside.
"use strict";

(function () {
  const field = document.getElementById("id_expression");
  const box = document.getElementById("builder");
  const data = document.getElementById("builder-columns");
  if (!field || !box || !data) return;
  const columns = JSON.parse(data.textContent);
  // A category of numbers (years of schooling) has an order; one of names has none.
  for (const column of columns) {
    column.form = column.kind === "category" && column.values.every(([value]) => typeof value === "number") ? "scale" : column.kind;
    column.values = column.values.map(([value, words]) => [value, words || String(value)]);
  }
  const byName = new Map(columns.map((column) => [column.name, column]));

  const COMPARISONS = {
    number: [[">=", "is at least"], ["<=", "is at most"], [">", "is more than"], ["<", "is less than"], ["==", "is exactly"],
      ["between", "is between"], ["missing", "is missing"]],
    category: [["==", "is"], ["!=", "is not"], ["in", "is one of"], ["missing", "is missing"]],
    scale: [["==", "is"], ["!=", "is not"], ["in", "is one of"], [">=", "is at least"], ["<=", "is at most"], ["between", "is between"],
      ["missing", "is missing"]],
    text: [["contains", "contains the word"], ["missing", "is missing"]],
  };
  // A row: {joint: "and" | "or", not: bool, column: name, comparison, values: [literal, ...]}
  let rows = [];

  // --- writing an expression ------------------------------------------------------------------------------------
  function literal(value) {
    if (value === true) return "True";
    if (value === false) return "False";
    if (typeof value === "number") return String(value);
    return "'" + String(value).replace(/\\/g, "\\\\").replace(/'/g, "\\'") + "'";
  }

  // A name that is no plain word stands between backticks.
  const named = (column) => (/^[A-Za-z_]\w*$/.test(column.name) ? column.name : "`" + column.name + "`");

  function written(row) {
    const column = byName.get(row.column), name = named(column);
    const values = row.values.filter((value) => value !== "" && value !== null && value !== undefined);
    let text = null;
    if (row.comparison === "missing") text = `missing(${name})`;
    else if (row.comparison === "between") { if (values.length === 2) text = `${literal(values[0])} <= ${name} <= ${literal(values[1])}`; }
    else if (!values.length) return null;
    else if (row.comparison === "contains") text = `contains(${name}, ${literal(values[0])})`;
    else if (row.comparison === "in") text = `${name} in (${values.map(literal).join(", ")}${values.length === 1 ? "," : ""})`;
    else text = `${name} ${row.comparison} ${literal(values[0])}`;
    if (text === null) return null;
    return row.not ? `not (${text})` : text;
  }

  function expression() {
    return rows.map((row) => [row.joint, written(row)]).filter(([, text]) => text !== null)
      .map(([joint, text], i) => (i ? ` ${joint} ${text}` : text)).join("");
  }

  function write() {
    field.value = expression();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // --- reading one back -------------------------------------------------------------------------------------------
  const VALUE = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|True|False`;
  const NAME = String.raw`[A-Za-z_]\w*|\x60[^\x60]+\x60`;
  const FORMS = [
    [new RegExp(String.raw`^missing\(\s*(${NAME})\s*\)`), (m) => ({ column: m[1], comparison: "missing", values: [] })],
    [new RegExp(String.raw`^contains\(\s*(${NAME})\s*,\s*(${VALUE})\s*\)`), (m) => ({ column: m[1], comparison: "contains", values: [read(m[2])] })],
    [new RegExp(String.raw`^(${VALUE})\s*<=\s*(${NAME})\s*<=\s*(${VALUE})`), (m) => ({ column: m[2], comparison: "between", values: [read(m[1]), read(m[3])] })],
    [new RegExp(String.raw`^(${NAME})\s+in\s*\(((?:\s*(?:${VALUE})\s*,?)+)\)`), (m) => ({ column: m[1], comparison: "in", values: m[2].match(new RegExp(VALUE, "g")).map(read) })],
    [new RegExp(String.raw`^(${NAME})\s*(>=|<=|==|!=|>|<)\s*(${VALUE})`), (m) => ({ column: m[1], comparison: m[2], values: [read(m[3])] })],
  ];

  function read(text) {
    if (text === "True") return true;
    if (text === "False") return false;
    if (/^['"]/.test(text)) return text.slice(1, -1).replace(/\\(.)/g, "$1");
    return Number(text);
  }

  function condition(text) {
    const negated = /^not\s*\(/.exec(text);
    const inner = negated ? text.slice(negated[0].length) : text;
    for (const [form, make] of FORMS) {
      const match = form.exec(inner.trimStart());
      if (!match) continue;
      const row = make(match);
      row.column = row.column.replace(/`/g, "");
      const column = byName.get(row.column);
      if (!column || !COMPARISONS[column.form].some(([name]) => name === row.comparison)) return null;
      let rest = inner.trimStart().slice(match[0].length).trimStart();
      if (negated) {
        if (!rest.startsWith(")")) return null;
        rest = rest.slice(1).trimStart();
      }
      return [{ ...row, not: Boolean(negated) }, rest];
    }
    return null;
  }

  function parsed(text) {
    const found = [];
    let rest = text.trim(), joint = "and";
    while (rest) {
      const one = condition(rest);
      if (!one) return null;
      found.push({ ...one[0], joint });
      rest = one[1];
      if (!rest) break;
      const next = /^(and|or)\s+/.exec(rest);
      if (!next) return null;
      joint = next[1];
      rest = rest.slice(next[0].length);
      if (!rest) return null;
    }
    return found;
  }

  // --- drawing ----------------------------------------------------------------------------------------------------
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value !== null) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  function choice(label, options, chosen, changed, more) {
    return make("select", { "aria-label": label, onchange: changed, ...more },
      ...options.map(([value, words]) => make("option", { value, selected: chosen.includes(value) }, words)));
  }

  function fresh(column, joint) {
    const comparison = COMPARISONS[column.form][0][0];
    return { joint, not: false, column: column.name, comparison, values: column.kind === "category" ? [column.values[0][0]] : [] };
  }

  function valueInputs(row, column, where) {
    if (row.comparison === "missing") return [];
    if (column.kind === "category") {
      const many = row.comparison === "in";
      // Options are numbered, so that a value keeps its type.
      const chosen = column.values.map(([value], i) => (row.values.includes(value) ? String(i) : null)).filter((i) => i !== null);
      const options = column.values.map(([, words], i) => [String(i), words]);
      const one = (at, label) => choice(label, options, [String(column.values.findIndex(([value]) => value === row.values[at]))], (event) => {
        row.values[at] = column.values[Number(event.target.value)][0];
        write();
      });
      if (row.comparison === "between") return [one(0, `Lowest ${where}`), make("span", {}, "and"), one(1, `Highest ${where}`)];
      return [choice(`Value of ${where}`, options, chosen, (event) => {
        row.values = [...event.target.selectedOptions].map((option) => column.values[Number(option.value)][0]);
        write();
      }, many ? { multiple: true, size: Math.min(6, column.values.length) } : {})];
    }
    const number = column.kind === "number";
    const input = (i, label) => make("input", {
      type: number ? "number" : "text", step: "any", "aria-label": label, value: row.values[i] ?? null, inputmode: number ? "decimal" : null,
      oninput: (event) => {
        const text = event.target.value;
        row.values[i] = text === "" ? "" : number ? Number(text) : text;
        write();
      },
    });
    const unit = column.measure ? [make("span", { class: "quiet" }, column.measure)] : [];
    if (row.comparison === "between") return [input(0, `Lowest ${where}`), make("span", {}, "and"), input(1, `Highest ${where}`), ...unit];
    return [input(0, `Value of ${where}`), ...unit];
  }

  function line(row, i) {
    const column = byName.get(row.column);
    const where = `condition ${i + 1}`;
    const again = (change) => { change(); draw(); write(); box.querySelectorAll(".condition")[i]?.querySelector("select:not(.joint)")?.focus(); };
    const joint = i === 0 ? make("span", { class: "joint" }, "Where")
      : choice(`How ${where} joins`, [["and", "and"], ["or", "or"]], [row.joint], (e) => again(() => { row.joint = e.target.value; }), { class: "joint" });
    return make("li", { class: row.joint === "or" && i > 0 ? "condition alternative" : "condition" },
      joint,
      choice(`Column of ${where}`, columns.map((c) => [c.name, c.meaning ? `${c.meaning} (${c.name})` : c.name]), [row.column],
        (e) => again(() => { rows[i] = { ...fresh(byName.get(e.target.value), row.joint), not: row.not }; }), { class: "column" }),
      make("label", { class: "inline" }, make("input", { type: "checkbox", checked: row.not, onchange: (e) => { row.not = e.target.checked; write(); } }), "not"),
      choice(`Comparison of ${where}`, COMPARISONS[column.form], [row.comparison], (e) => again(() => {
        row.comparison = e.target.value;
        row.values = row.values.slice(0, row.comparison === "between" ? 2 : row.comparison === "in" ? undefined : 1);
        if (column.kind === "category" && !row.values.length) row.values = [column.values[0][0]];
        if (column.kind === "category" && row.comparison === "between") row.values[1] ??= column.values.at(-1)[0];
      }), { class: "comparison" }),
      ...valueInputs(row, column, where),
      make("button", { type: "button", class: "link remove", "aria-label": `Remove ${where}`, onclick: () => {
        rows.splice(i, 1); draw(); write(); box.querySelector(".add").focus();
      } }, "Remove"));
  }

  function draw(byHand) {
    const head = make("p", { class: "builder-title" }, "Build it");
    if (byHand) {
      box.replaceChildren(head, make("p", { class: "help" }, "The expression below is richer than rows can show, so it is edited as text. "),
        make("p", { class: "actions" }, make("button", { type: "button", class: "button quiet", onclick: () => { rows = []; draw(); write(); box.querySelector(".add").focus(); } }, "Start again with rows")));
      return;
    }
    const add = make("button", { type: "button", class: "button quiet add", onclick: () => {
      rows.push(fresh(columns[0], "and")); draw(); write();
      box.querySelector(".condition:last-child select.column").focus();
    } }, rows.length ? "Add a condition" : "Add the first condition");
    box.replaceChildren(head, make("ol", { class: "conditions" }, ...rows.map(line)), make("p", { class: "actions" }, add));
  }

  function readField() {
    const found = parsed(field.value);
    if (found) rows = found;
    draw(found === null);
  }

  // Typed by hand; our own writing sends `input` only. A click elsewhere ends the typing: rows that were drawn between
  // its press and its release would move what is clicked from under the pointer, and the click would be lost.
  let pressed = false;
  let waiting = false;
  addEventListener("pointerdown", () => { pressed = true; }, true);
  ["pointerup", "pointercancel"].forEach((name) => addEventListener(name, () => {
    pressed = false;
    if (waiting) setTimeout(readField, 0);
    waiting = false;
  }, true));
  field.addEventListener("change", () => { if (pressed) waiting = true; else readField(); });
  box.hidden = false;
  readField();

  // --- only what belongs to the chosen patch ----------------------------------------------------------------------
  const parts = document.querySelectorAll("[data-for-patch]");
  function showParts() {
    const chosen = document.querySelector('input[name="patch"]:checked')?.value;
    parts.forEach((part) => { part.hidden = part.dataset.forPatch !== chosen; });
  }
  document.querySelectorAll('input[name="patch"]').forEach((radio) => radio.addEventListener("change", showParts));
  showParts();
  document.getElementById("errors")?.focus();
})();
