// Single keys for moderators. They only move the focus or follow a link: every decision is confirmed on its button.
(() => {
  "use strict";
  const keys = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  if (!keys || !on) return;
  const STORED = "moderation-keys";
  keys.hidden = false;
  try { on.checked = localStorage.getItem(STORED) !== "off"; } catch { /* storage may be forbidden: keys stay on */ }
  on.addEventListener("change", () => {
    try { localStorage.setItem(STORED, on.checked ? "on" : "off"); } catch { /* as above */ }
  });

  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => rows().find((row) => row.contains(document.activeElement));
  const focus = (element) => {
    if (!element) return;
    const closed = element.closest("details:not([open])");
    if (closed) closed.open = true;
    element.focus();
    element.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const all = rows();
    if (!all.length) {
      document.querySelector(by > 0 ? "[data-next]" : "[data-previous]")?.click();
      return;
    }
    const at = all.indexOf(current());
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
    focus(all[next].querySelector("[data-open]"));
  };
  const open = (place) => {
    const link = current()?.querySelector("[data-open]");
    if (link) location.assign(`${link.href}#${place}`);
  };
  const here = (place) => (rows().length ? open(place) : focus(document.getElementById(place)));

  const actions = {
    j: () => step(1),
    k: () => step(-1),
    r: () => here("release"),
    x: () => here("reason"),
    a: () => focus((current() ?? (rows().length ? null : document))?.querySelector("[data-take]")),
    "?": () => { keys.open = true; focus(keys.querySelector("summary")); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
    const act = on.checked ? actions[event.key] : event.key === "?" ? actions["?"] : null;
    if (!act) return;
    event.preventDefault();
    act();
  });

  // A reason from the list goes into the box at once; without script the server fills it in.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fill]");
    const box = document.getElementById("reason");
    if (!button || !box) return;
    event.preventDefault();
    box.value = box.value.trim() ? `${box.value.trimEnd()}\n${button.dataset.fill}` : button.dataset.fill;
    box.focus();
  });

  // Arriving with #release or #reason from the list.
  if (["#release", "#reason"].includes(location.hash)) focus(document.getElementById(location.hash.slice(1)));
})();
