// The bell's number and new notices, on a page that stays open. Every page works without it.
(function () {
  "use strict";

  const region = document.querySelector("[data-toasts]");
  const bell = document.querySelector("[data-bell]");
  if (!region || !bell) return;
  const EVERY = 20_000;
  const SELDOM = 300_000;
  const SHOWN_FOR = 20_000;
  const MOST = 3;
  const TOASTED = "toasted:" + document.documentElement.dataset.account;
  let after = region.dataset.after;
  let pause = EVERY;
  let timer = 0;

  function known() {
    try { return JSON.parse(sessionStorage.getItem(TOASTED)) || []; } catch { return []; }
  }

  function remember(ids) {
    try { sessionStorage.setItem(TOASTED, JSON.stringify(known().concat(ids).slice(-200))); } catch { /* private mode */ }
  }

  function badge(unread) {
    let mark = bell.querySelector(".tool-count");
    if (!unread && mark) mark.remove();
    if (unread && !mark) {
      mark = document.createElement("span");
      mark.className = "tool-count";
      bell.append(mark);
    }
    if (unread) mark.textContent = unread < 100 ? unread : "99+";
    const words = unread ? " " + region.dataset.unreadLabel.replace("#", unread) : "";
    bell.setAttribute("aria-label", region.dataset.bellLabel + words);
  }

  function read(address) {
    const data = new FormData();
    data.append("csrf_token", document.querySelector("input[name=csrf_token]").value);
    fetch(address, { method: "POST", body: data, keepalive: true, redirect: "manual" }).catch(function () { /* it stays unread */ });
  }

  function toast(notice) {
    const box = document.createElement("div");
    box.className = "toast-note" + (notice.urgent ? " toast-urgent" : "");
    const text = document.createElement(notice.link ? "a" : "span");
    text.className = "toast-text";
    if (notice.link) text.href = notice.link;
    const head = document.createElement("strong");
    head.textContent = (notice.urgent ? region.dataset.urgentLabel + " · " : "") + notice.text;
    const detail = document.createElement("small");
    detail.textContent = notice.detail;
    text.append(head, detail);
    text.addEventListener("click", function () { if (notice.link) read(notice.read); });
    const close = document.createElement("button");
    close.type = "button";
    close.className = "btn-close";
    close.setAttribute("aria-label", region.dataset.closeLabel);
    close.addEventListener("click", function () { box.remove(); });
    box.append(text, close);
    region.append(box);
    while (region.children.length > MOST) region.firstElementChild.remove();
    setTimeout(function leave() {
      if (box.matches(":hover, :focus-within")) setTimeout(leave, SHOWN_FOR);
      else box.remove();
    }, SHOWN_FOR);
  }

  function show(answer) {
    after = answer.after;
    badge(answer.unread);
    const old = known();
    const fresh = answer.notices.filter(function (notice) { return !old.includes(notice.id); });
    fresh.forEach(toast);
    if (fresh.length) remember(fresh.map(function (notice) { return notice.id; }));
  }

  async function ask() {
    let answer = null;
    try {
      answer = await fetch(region.dataset.toasts + "?after=" + after, { redirect: "manual", headers: { Accept: "application/json" } });
    } catch { /* no network for a while */ }
    if (answer && (answer.type === "opaqueredirect" || answer.status === 403)) return; // signed out: nothing more to ask
    const fine = answer && answer.ok;
    if (fine) show(await answer.json());
    pause = fine && !document.hidden ? EVERY : Math.min(pause * 2, SELDOM);
    timer = setTimeout(ask, pause);
  }

  document.addEventListener("visibilitychange", function () {
    if (document.hidden) return;
    clearTimeout(timer);
    pause = EVERY;
    ask();
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && region.contains(document.activeElement)) document.activeElement.closest(".toast-note").remove();
  });
  // On the page of notices: opening one reads it.
  document.addEventListener("click", function (event) {
    const link = event.target.closest("a[data-read]");
    if (link) read(link.dataset.read);
  });
  timer = setTimeout(ask, EVERY);
})();
