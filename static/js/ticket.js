// The ticket's page: who else is here, drafts kept on the server, the way back, canned replies,
// mentions. All of it also works, less comfortably, without this.
(function () {
  "use strict";

  const here = document.querySelector("[data-presence]");
  if (!here) return;
  const BEAT = 10000;
  const PAUSE = 1200; // after the last key, a draft goes up
  const csrf = (document.querySelector("input[name=csrf_token]") || {}).value || "";

  function post(address, values, options) {
    values.set("csrf_token", csrf);
    return fetch(address, Object.assign({
      method: "POST", body: values, headers: { "X-CSRFToken": csrf }, redirect: "error",
    }, options || {}));
  }

  // Who is here ---------------------------------------------------------------------------------
  const people = here.querySelector("[data-people]");
  const news = here.querySelector("[data-news] > span");
  let typedAt = 0;
  let shown = people.textContent;
  let typingSent = false;

  function show(answer) {
    const words = answer.people.map(function (one) { return one.text; }).join("|");
    if (words !== shown) {
      shown = words;
      people.replaceChildren.apply(people, answer.people.map(function (one) {
        const line = document.createElement("li");
        line.className = "here-one" + (one.typing ? " here-typing" : "");
        const mark = document.createElement("span");
        mark.className = "avatar-word";
        mark.setAttribute("aria-hidden", "true");
        mark.textContent = one.initial;
        line.append(mark, one.text);
        return line;
      }));
    }
    if (String(answer.version) !== here.dataset.version) news.hidden = false;
  }

  function beat() {
    if (document.visibilityState === "hidden") return Promise.resolve();
    const values = new URLSearchParams();
    typingSent = Date.now() - typedAt < BEAT;
    if (typingSent) values.set("typing", "1");
    return post(here.dataset.presence, values).then(function (answer) {
      return answer.ok ? answer.json().then(show) : null;
    }).catch(function () { /* offline for a moment: the next beat tells */ });
  }
  beat();
  setInterval(beat, BEAT);
  document.addEventListener("visibilitychange", beat);
  window.addEventListener("pagehide", function () {
    const values = new FormData();
    values.set("csrf_token", csrf);
    values.set("leave", "1");
    navigator.sendBeacon(here.dataset.presence, values);
  });

  // Drafts --------------------------------------------------------------------------------------
  const SKIP = ["csrf_token", "seen", "uploads", "files", "form", "acting_for", "reply_id"];
  const waiting = new Map();
  const saving = new Map();

  function save(form) {
    clearTimeout(waiting.get(form));
    waiting.delete(form);
    if (form.dataset.sent) return Promise.resolve();
    const values = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && !SKIP.includes(name)) values.append(name, value);
    });
    values.set("form", form.dataset.form);
    const stop = new AbortController();
    if (saving.has(form)) saving.get(form).abort();
    saving.set(form, stop);
    return post(here.dataset.draft, values, { signal: stop.signal, keepalive: true })
      .then(function (answer) { return answer.json(); })
      .then(function (answer) {
        const word = form.querySelector("[data-draft-word]");
        if (word) word.textContent = answer.error || answer.text;
        form.dataset.kept = answer.kept ? "1" : "";
      }).catch(function () { /* sent meanwhile, or offline: the text still stands in the form */ })
      .finally(function () { if (saving.get(form) === stop) saving.delete(form); });
  }

  document.querySelectorAll("form[data-form]").forEach(function (form) {
    const words = form.querySelector("textarea");
    if (!words) return;
    function typed() {
      const word = form.querySelector("[data-draft-word]");
      if (word) word.textContent = "";
      clearTimeout(waiting.get(form));
      waiting.set(form, setTimeout(save, PAUSE, form));
      typedAt = Date.now();
      if (!typingSent) { typingSent = true; beat(); }
    }
    form.addEventListener("input", typed);
    form.addEventListener("change", typed);
    form.addEventListener("submit", function () {
      clearTimeout(waiting.get(form));
      waiting.delete(form);
      if (saving.has(form)) saving.get(form).abort();
    });
  });
  function saveAll() { return Promise.all(Array.from(waiting.keys(), save)); }
  window.addEventListener("pagehide", saveAll);
  document.addEventListener("click", function (event) {
    const link = event.target.closest("[data-reload]");
    if (!link) return;
    event.preventDefault();
    saveAll().finally(function () { window.location.assign(link.href); });
  });

  // The way back: ten seconds, counted ------------------------------------------------------------
  const bar = document.querySelector("[data-undo]");
  if (bar) {
    const until = Date.now() + Number(bar.dataset.undo) * 1000;
    const left = bar.querySelector("[data-left]");
    const tick = setInterval(function () {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      if (left) left.textContent = "(" + Math.max(0, seconds) + ")";
      if (seconds > 0 || bar.dataset.sent) return;
      clearInterval(tick);
      bar.querySelector("button").remove();
      bar.querySelector("small").textContent = bar.dataset.over;
      bar.classList.add("undo-over");
    }, 250);
  }

  // A list that arrows walk through: canned replies, colleagues -----------------------------------
  function walker(list, chosen) {
    let at = -1;
    function open() {
      return Array.from(list.children).filter(function (one) { return !one.hidden; });
    }
    function mark(index) {
      const rows = open();
      Array.from(list.children).forEach(function (one) { one.setAttribute("aria-selected", "false"); });
      at = rows.length ? (index + rows.length) % rows.length : -1;
      if (at >= 0) {
        rows[at].setAttribute("aria-selected", "true");
        rows[at].scrollIntoView({ block: "nearest" });
      }
      return at >= 0 ? rows[at] : null;
    }
    list.addEventListener("mousedown", function (event) {
      const row = event.target.closest("[role=option]");
      if (!row) return;
      event.preventDefault();
      chosen(row);
    });
    return {
      first: function () { return mark(0); },
      move: function (step) { return mark(at + step); },
      take: function () { const row = open()[at]; if (row) chosen(row); return Boolean(row); },
    };
  }

  function insert(area, from, text) {
    area.focus();
    area.setRangeText(text, from, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Canned replies --------------------------------------------------------------------------------
  const dialog = document.getElementById("pick");
  if (dialog) {
    const words = dialog.querySelector("input");
    const list = dialog.querySelector("[role=listbox]");
    let area = null;
    const walk = walker(list, function (row) {
      dialog.close();
      insert(area, area.selectionStart, row.dataset.text);
    });
    function narrow() {
      const wanted = words.value.trim().toLowerCase();
      let any = false;
      Array.from(list.children).forEach(function (row) {
        row.hidden = !row.textContent.toLowerCase().includes(wanted);
        any = any || !row.hidden;
      });
      dialog.querySelector("[data-none]").hidden = any;
      const row = walk.first();
      if (row) words.setAttribute("aria-activedescendant", row.id);
    }
    words.addEventListener("input", narrow);
    words.addEventListener("keydown", function (event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const row = walk.move(step);
        if (row) words.setAttribute("aria-activedescendant", row.id);
      } else if (event.key === "Enter") {
        event.preventDefault();
        walk.take();
      }
    });
    dialog.querySelector("[data-pick-close]").addEventListener("click", function () { dialog.close(); });
    document.querySelectorAll("[data-pick]").forEach(function (button) {
      button.hidden = false;
      const form = button.closest("form");
      let last = form.querySelector("textarea");
      form.addEventListener("focusin", function (event) {
        if (event.target.matches("textarea")) last = event.target;
      });
      button.addEventListener("click", function () {
        area = last;
        words.value = "";
        dialog.showModal();
        narrow();
        words.focus();
      });
    });
  }

  // Mentions --------------------------------------------------------------------------------------
  document.querySelectorAll("[data-mention]").forEach(function (box) {
    const area = box.querySelector("textarea");
    const list = box.querySelector("[role=listbox]");
    let from = -1;
    function close() {
      list.hidden = true;
      area.removeAttribute("aria-activedescendant");
    }
    const walk = walker(list, function (row) {
      close();
      insert(area, from, "@" + row.dataset.name + " ");
    });
    function point(row) {
      if (row) area.setAttribute("aria-activedescendant", row.id);
    }
    function look() {
      const before = area.value.slice(0, area.selectionStart);
      const found = /(^|[^A-Za-z0-9._%+-])[@＠]([^@＠\n]{0,12})$/.exec(before);
      if (!found) { close(); return; }
      from = before.length - found[2].length - 1;
      const wanted = found[2].toLowerCase();
      let rows = 0;
      Array.from(list.children).forEach(function (row) {
        const fits = row.textContent.toLowerCase().includes(wanted)
          && row.dataset.name.toLowerCase() !== wanted.trim();
        row.hidden = !fits || rows >= 8;
        if (!row.hidden) rows += 1;
      });
      list.hidden = rows === 0;
      if (rows) point(walk.first()); else close();
    }
    area.setAttribute("aria-controls", list.id);
    area.addEventListener("input", look);
    area.addEventListener("blur", close);
    area.addEventListener("keydown", function (event) {
      if (list.hidden) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) { event.preventDefault(); point(walk.move(step)); }
      else if (event.key === "Enter" || event.key === "Tab") { if (walk.take()) event.preventDefault(); }
      else if (event.key === "Escape") { event.preventDefault(); close(); }
    });
  });

  // An address of one entry opens what it lies in.
  function reveal() {
    const entry = /^#event-\d+$/.test(location.hash) && document.querySelector(location.hash);
    const folded = entry && entry.closest("details");
    if (folded) { folded.open = true; entry.scrollIntoView(); }
  }
  window.addEventListener("hashchange", reveal);
  reveal();
})();

// A suggested unit is taken over with one click; without script the list says its name.
(function () {
  "use strict";
  document.querySelectorAll("[data-choose-unit]").forEach(function (button) {
    const field = button.closest("form").querySelector("select[name$='unit_id']");
    if (!field) return;
    button.hidden = false;
    button.addEventListener("click", function () {
      if (field.tomselect) field.tomselect.setValue(button.dataset.chooseUnit);
      else field.value = button.dataset.chooseUnit;
      field.focus();
    });
  });
})();
