// Times in the reader's own zone. The server is told the zone by a cookie and writes times in it from the next page on;
// this page is mended here. Where the account chose a zone (data-zone on <html>), the server has the last word.
(() => {
  "use strict";
  const html = document.documentElement;
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || html.dataset.zone) return;
  if (!document.cookie.split("; ").includes(`zone=${zone}`)) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }
  const exact = new Intl.DateTimeFormat(html.lang || undefined, {
    day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  const localise = (root) => {
    for (const element of root.querySelectorAll("time[datetime]")) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime()) || !element.dataset.exact) continue;
      const words = `${exact.format(at)} ${zone.replaceAll("_", " ")}`;
      // What stands as text and says the exact time, too.
      if (element.textContent === element.dataset.exact) element.textContent = words;
      element.title = words;
      element.dataset.exact = words;
    }
  };
  document.addEventListener("DOMContentLoaded", () => localise(document));
  // Fragments that htmx brings in.
  document.addEventListener("htmx:load", (event) => localise(event.detail.elt));
})();
