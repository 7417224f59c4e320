// Lists of enterprises: one box that ticks all of the page.
(function () {
  "use strict";
  document.addEventListener("change", function (event) {
    const all = event.target.closest("[data-check-all]");
    if (!all) return;
    all.closest("form").querySelectorAll('input[name="enterprise"]').forEach(function (box) {
      box.checked = all.checked;
    });
  });
})();
