// Cards of the workload page: dragged to another person they are re-assigned; refused ones go back.
"use strict";

const board = document.querySelector("[data-workload]");
const told = document.querySelector("[data-told]");
let dragged = null;

const columnOf = (element) => element.closest("[data-person]");

const say = (card, words) => {
  const place = card.querySelector(".load-refused");
  place.textContent = words;
  place.hidden = !words;
  told.textContent = words;
};

// The page as the server sees it now: sums, lights and versions are its business.
const refresh = async () => {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  board.replaceChildren(...page.querySelector("[data-workload]").children);
};

const assign = async (card, column) => {
  const form = card.querySelector("form");
  const values = new FormData(form);
  values.set("assignee_id", column.dataset.person);
  values.set("script", "1");
  let refused = board.dataset.failed;
  try {
    const answer = await fetch(form.action, { method: "POST", body: values });
    if ((answer.headers.get("Content-Type") || "").includes("json")) refused = (await answer.json()).refused;
  } catch {
    // No connection: the words above say so.
  }
  return refused;
};

const move = async (card, column) => {
  const home = card.parentElement;
  const after = card.nextElementSibling;
  column.querySelector("[data-cards]").append(card);
  card.classList.add("load-moving");
  const refused = await assign(card, column);
  card.classList.remove("load-moving");
  if (refused) {
    home.insertBefore(card, after);
    say(card, refused);
    return;
  }
  await refresh();
  told.textContent = board.dataset.moved;
};

if (board) {
  board.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".load-card[draggable=true]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.number);
    dragged.classList.add("load-dragged");
    say(dragged, "");
  });
  board.addEventListener("dragend", () => {
    dragged?.classList.remove("load-dragged");
    for (const column of board.querySelectorAll(".load-over")) column.classList.remove("load-over");
    dragged = null;
  });
  board.addEventListener("dragover", (event) => {
    const column = columnOf(event.target);
    if (!dragged || !column || column.contains(dragged)) return;
    event.preventDefault();
    for (const other of board.querySelectorAll(".load-over")) if (other !== column) other.classList.remove("load-over");
    column.classList.add("load-over");
  });
  board.addEventListener("drop", (event) => {
    const column = columnOf(event.target);
    if (!dragged || !column || column.contains(dragged)) return;
    event.preventDefault();
    move(dragged, column);
  });
}
