// The keyboard (快捷键): help, going places, and a ticket within the list it came from. Every page works
// without it; it never takes a key from who types, or one with Ctrl, Alt or Meta.
(function () {
  "use strict";

  const WAIT = 1200; // milliseconds in which the letter after g counts
  const LIST = "queue.list";
  let going = 0;

  const said = document.getElementById("keys-said");
  const help = document.getElementById("keys-help");
  if (!said || !help) return;

  // Who speaks to the computer, or presses keys by mistake, can switch single keys off (WCAG 2.1.4).
  const OFF = "keys.off";
  const wanted = help.querySelector("[data-keys-on]");
  try { wanted.checked = localStorage.getItem(OFF) !== "1"; } catch { /* private mode */ }
  wanted.addEventListener("change", function () {
    try { localStorage.setItem(OFF, wanted.checked ? "0" : "1"); } catch { /* private mode */ }
  });

  function say(text) {
    said.textContent = "";
    window.requestAnimationFrame(function () { said.textContent = text; });
  }

  function typing(target) {
    return target.isContentEditable || Boolean(target.closest(
      "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), textarea, select, .ts-wrapper"
    ));
  }

  // Where the person came from: the numbers of the list, in its order, and its address.
  function remember(numbers) {
    try {
      sessionStorage.setItem(LIST, JSON.stringify({ numbers: numbers, address: location.href }));
    } catch { /* private mode */ }
  }
  function remembered() {
    try {
      return JSON.parse(sessionStorage.getItem(LIST)) || { numbers: [], address: "" };
    } catch {
      return { numbers: [], address: "" };
    }
  }

  function currentNumber() {
    const found = location.pathname.match(/^\/desk\/tickets\/([^/]+)/);
    return found ? decodeURIComponent(found[1]) : "";
  }

  function neighbour(by) {
    const list = remembered();
    const place = list.numbers.indexOf(currentNumber());
    return place < 0 ? "" : list.numbers[place + by] || "";
  }

  function step(by) {
    const number = neighbour(by);
    if (number) location.assign("/desk/tickets/" + encodeURIComponent(number));
    else say(by > 0 ? said.dataset.last : said.dataset.first);
  }

  function back() {
    const link = document.querySelector("[data-back]");
    if (link) link.click();
    else if (currentNumber()) location.assign(remembered().address || "/desk/");
  }

  // Opens a step of the ticket's page and puts the person where the writing begins.
  function open(details) {
    if (!details) {
      say(said.dataset.none);
      return;
    }
    const group = details.parentElement.closest("details");
    if (group) group.open = true;
    details.open = true;
    const first = details.querySelector(
      ".ts-control input, input:not([type=hidden]):not([type=file]), select:not(.tomselected), textarea, button"
    );
    if (first) first.focus();
    details.scrollIntoView({ block: "nearest" });
  }
  function openStep(name) {
    open(document.querySelector('details[data-step="' + name + '"]'));
  }

  function go(letter) {
    const link = help.querySelector('[data-go="' + letter + '"]');
    if (link) location.assign(link.href);
  }

  const STEPS = { a: "accept", d: "dispatch", s: "assign" };
  const WRITE = { m: "message_body", b: "note_body" };
  function onTicket(key) {
    if (key === "n") step(1);
    else if (key === "p") step(-1);
    else if (key === "r") {
      const link = document.querySelector("[data-remind]");
      location.assign(link ? link.href : "/desk/bulk/remind?number=" + encodeURIComponent(currentNumber()));
    } else if (WRITE[key]) {
      const box = document.getElementById(WRITE[key]);
      if (box) open(box.closest("details"));
      if (box) box.focus();
    } else if (STEPS[key]) openStep(STEPS[key]);
    else if (/^[1-9]$/.test(key)) open(document.querySelectorAll("details[data-step]")[Number(key) - 1]);
    else return false;
    return true;
  }

  function everywhere(key) {
    if (key === "?") help.showModal();
    else if (key === "/") {
      const search = document.querySelector("main input[type=search]");
      if (!search) return false;
      search.focus();
      search.select();
    } else if (key === "g") going = Date.now();
    else if (key === "u") back();
    else return false;
    return true;
  }

  // What has one way to go is sent; where there are several only a person chooses.
  function send(form) {
    const buttons = form.querySelectorAll("button:not([type=button]):not([tabindex='-1']):not([formaction])");
    if (buttons.length === 1) form.requestSubmit(buttons[0]);
    else if (buttons.length) buttons[0].focus();
  }

  document.addEventListener("keydown", function (event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("main textarea")) {
      event.preventDefault();
      send(event.target.form);
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (help.open || !wanted.checked) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && !event.target.closest(".ts-wrapper")) event.target.blur();
      return;
    }
    if (going && Date.now() - going < WAIT) {
      going = 0;
      event.preventDefault();
      go(event.key);
      return;
    }
    going = 0;
    const taken = (window.queueKeys && window.queueKeys(event)) ||
      (currentNumber() && onTicket(event.key)) || everywhere(event.key);
    if (taken) event.preventDefault();
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-keys-help]")) help.showModal();
  });

  // The way through the list is on the ticket's page too, for the mouse and for Tab.
  function wayThrough() {
    const title = document.querySelector(".bigtitle");
    const place = remembered().numbers.indexOf(currentNumber());
    if (!title || !currentNumber() || place < 0) return;
    const all = remembered().numbers.length;
    const nav = document.createElement("nav");
    nav.className = "list-steps no-print";
    const words = said.dataset.place.replace("{n}", place + 1).replace("{all}", all);
    nav.setAttribute("aria-label", words);
    [["‹", -1], ["›", 1]].forEach(function ([sign, by]) {
      const number = neighbour(by);
      if (!number) return;
      const link = document.createElement("a");
      link.className = "btn btn-sm";
      link.href = "/desk/tickets/" + encodeURIComponent(number);
      link.textContent = sign;
      link.setAttribute("aria-label", by > 0 ? said.dataset.next : said.dataset.previous);
      link.setAttribute("title", link.getAttribute("aria-label"));
      nav.append(link);
    });
    const counter = document.createElement("small");
    counter.className = "text-secondary align-self-center";
    counter.textContent = (place + 1) + "/" + all;
    nav.insertBefore(counter, nav.children[1] && place > 0 ? nav.children[1] : null);
    title.insertBefore(nav, title.querySelector("[data-print]"));
  }

  document.querySelectorAll("[data-keys-help]").forEach(function (button) { button.hidden = false; });
  document.addEventListener("htmx:after:swap", function () {
    document.querySelectorAll("[data-keys-help]").forEach(function (button) { button.hidden = false; });
  });
  wayThrough();
  window.deskKeys = { remember: remember, say: say, said: said };
})();
