// On a phone a navigation is one row: bring the present page's entry into sight.
(() => {
  "use strict";
  for (const link of document.querySelectorAll("nav [aria-current]")) {
    const row = link.closest("ul, ol");
    if (row && row.scrollWidth > row.clientWidth) row.scrollLeft += link.getBoundingClientRect().left - row.getBoundingClientRect().left - 48;
  }
})();
