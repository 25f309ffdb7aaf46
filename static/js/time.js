// The exact time of <time> elements in the reader's own zone (the server writes it in UTC, which stays without script).
(() => {
  "use strict";
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });
  const localise = (root) => {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      element.title = exact.format(at);
      element.dataset.exact = element.title;
    }
  };
  document.addEventListener("DOMContentLoaded", () => localise(document));
  // Fragments that htmx brings in.
  document.addEventListener("htmx:load", (event) => localise(event.detail.elt));
})();
