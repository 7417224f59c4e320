// The hall's screen: fetches itself every minute and puts only what has changed in its place.
(function () {
  "use strict";
  const EVERY = 60000;

  function start() {
    const screen = document.querySelector("[data-wall]");
    if (!screen) return;
    const state = document.querySelector("[data-wall-state]");
    async function again() {
      try {
        const answer = await fetch(screen.dataset.wall, { credentials: "same-origin", redirect: "manual" });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        page.querySelectorAll("[data-live]").forEach(function (fresh) {
          const shown = document.querySelector('[data-live="' + fresh.dataset.live + '"]');
          if (shown && shown.innerHTML !== fresh.innerHTML) shown.innerHTML = fresh.innerHTML;
        });
        state.hidden = true;
      } catch {
        state.hidden = false;
      }
    }
    window.setInterval(again, Number(screen.dataset.every) || EVERY);
    document.addEventListener("visibilitychange", function () { if (!document.hidden) again(); });
    const full = document.querySelector("[data-full-screen]");
    if (full && document.documentElement.requestFullscreen) {
      full.hidden = false;
      full.addEventListener("click", function () {
        if (document.fullscreenElement) document.exitFullscreen(); else document.documentElement.requestFullscreen();
      });
    }
  }

  document.addEventListener("DOMContentLoaded", start);
})();
