// Lists of fields grow by a line: the last one is copied, emptied and numbered on.
"use strict";
for (const list of document.querySelectorAll("[data-rows]")) {
  const button = list.querySelector("[data-add-row]");
  const lines = () => list.querySelectorAll("[data-row]");
  const most = Number(list.dataset.most || 20);
  const refresh = () => { button.hidden = lines().length >= most; };
  button.addEventListener("click", () => {
    const all = lines();
    const last = all[all.length - 1];
    const next = last.cloneNode(true);
    const renumber = (text) => text.replace(/-(\d+)-(?=[a-z]+$)/, (_all, n) => `-${Number(n) + 1}-`);
    for (const part of next.querySelectorAll("[id], [name], [for]")) {
      for (const name of ["id", "name", "for"]) {
        if (part.hasAttribute(name)) part.setAttribute(name, renumber(part.getAttribute(name)));
      }
    }
    for (const input of next.querySelectorAll("input")) {
      input.value = "";
      input.removeAttribute("aria-invalid");
    }
    for (const error of next.querySelectorAll(".invalid-feedback")) error.remove();
    last.after(next);
    next.querySelector("input").focus();
    refresh();
  });
  refresh();
}
