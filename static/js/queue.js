// The queue's rows: one of them has the focus (roving tabindex), some are chosen, steps go to the preview.
(function () {
  "use strict";

  const keys = window.deskKeys;
  if (!keys) return;
  let anchor = ""; // the number of the row that was chosen last, where a range begins

  function table() { return document.querySelector("table[data-rows]"); }
  function rows() { return table() ? Array.from(table().querySelectorAll("tbody tr")) : []; }
  function box(row) { return row.querySelector("input[name=number]"); }
  function form() { return document.querySelector("form[data-bulk]"); }
  function current() {
    const found = document.activeElement ? document.activeElement.closest("table[data-rows] tbody tr") : null;
    return found || rows().find(function (row) { return row.tabIndex === 0; }) || null;
  }

  function focusOn(row) {
    rows().forEach(function (other) { other.tabIndex = other === row ? 0 : -1; });
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }

  function move(by) {
    const list = rows();
    if (!list.length) return;
    const focused = document.activeElement && document.activeElement.closest("table[data-rows] tbody tr");
    const place = focused ? list.indexOf(focused) + by : list.indexOf(current());
    focusOn(list[Math.max(0, Math.min(list.length - 1, place))]);
  }

  function chosen() { return rows().filter(function (row) { return box(row) && box(row).checked; }); }

  function show() {
    rows().forEach(function (row) {
      if (box(row)) row.setAttribute("aria-selected", String(box(row).checked));
    });
    const bulk = form();
    if (!bulk) return;
    const all = bulk.querySelector("[data-all]");
    const count = chosen().length;
    const words = all && all.checked ? all.closest("label").textContent.trim()
      : count ? bulk.dataset.some.replace("{n}", count) : bulk.dataset.none;
    const counter = bulk.querySelector("[data-picked]");
    if (counter.textContent !== words) counter.textContent = words;
    bulk.querySelector(".bulk-bar").classList.toggle("bulk-some", Boolean(count || (all && all.checked)));
  }

  function choose(row, on) {
    if (!row || !box(row)) return;
    box(row).checked = on;
    anchor = row.dataset.number;
    show();
  }

  function chooseRange(row) {
    const list = rows();
    const first = list.findIndex(function (other) { return other.dataset.number === anchor; });
    const last = list.indexOf(row);
    const from = first < 0 ? last : Math.min(first, last);
    list.slice(from, Math.max(first, last) + 1).forEach(function (other) { choose(other, true); });
  }

  function take(step) {
    const bulk = form();
    const button = bulk && bulk.querySelector('[data-bulk-step="' + step + '"]');
    if (!button) {
      keys.say(keys.said.dataset.none);
      return;
    }
    const all = bulk.querySelector("[data-all]");
    if (!chosen().length && !(all && all.checked)) choose(current(), true);
    bulk.requestSubmit(button);
  }

  const STEPS = { a: "accept", d: "dispatch", s: "assign", r: "remind" };

  // Takes a key if it means something in the list; called by keys.js.
  window.queueKeys = function (event) {
    if (!table()) return false;
    const row = current();
    const onRow = document.activeElement === row;
    if (event.key === "j" || (event.key === "ArrowDown" && onRow)) move(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && onRow)) move(-1);
    else if (event.key === "o" || (event.key === "Enter" && onRow)) {
      const link = row && row.querySelector("a.title");
      if (link) location.assign(link.href);
    } else if (event.key === "x" && row) choose(row, box(row) && !box(row).checked);
    else if (event.key === "X" && row) chooseRange(row);
    else if (event.key === "t") {
      const link = document.querySelector("[data-sort-next]");
      if (link) location.assign(link.href);
    } else if (event.key === "Escape") {
      rows().forEach(function (other) { if (box(other)) box(other).checked = false; });
      const all = document.querySelector("[data-all]");
      if (all) all.checked = false;
      show();
    } else if (STEPS[event.key] && form()) take(STEPS[event.key]);
    else return false;
    return true;
  };

  function start() {
    const list = rows();
    if (!table()) return;
    table().setAttribute("role", "grid");
    if (form()) table().setAttribute("aria-multiselectable", "true");
    list.forEach(function (row, place) { row.tabIndex = place ? -1 : 0; });
    if (location.pathname === "/desk/") {
      keys.remember(list.map(function (row) { return row.dataset.number; }));
    }
    show();
  }

  document.addEventListener("focusin", function (event) {
    const row = event.target.closest("table[data-rows] tbody tr");
    if (row) rows().forEach(function (other) { other.tabIndex = other === row ? 0 : -1; });
  });
  document.addEventListener("change", function (event) {
    if (event.target.matches("form[data-bulk] input[type=checkbox]")) {
      if (event.target.name === "number") anchor = event.target.value;
      show();
    }
  });
  document.addEventListener("htmx:after:swap", start);
  window.addEventListener("pageshow", show); // a browser may bring back ticked boxes
  start();
})();
