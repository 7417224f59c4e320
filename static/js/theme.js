// Sets light or dark before the first paint; a person's choice wins over the system's.
(function () {
  const root = document.documentElement;
  root.classList.add("js");
  const media = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() {
    try { return localStorage.getItem("theme"); } catch { return null; }
  }
  function apply() {
    root.setAttribute("data-bs-theme", chosen() || (media.matches ? "dark" : "light"));
    document.dispatchEvent(new CustomEvent("themechange"));
  }
  apply();
  media.addEventListener("change", apply);
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", next); } catch { /* private mode: for this page only */ }
    root.setAttribute("data-bs-theme", next);
    document.dispatchEvent(new CustomEvent("themechange"));
  });
})();
