// Questions of a form are put in order by their handles: dragged, or lifted with Space and moved with the arrow keys.
// The lifted row itself never leaves the page, its neighbours go around it: so it keeps the focus and the pointer.
"use strict";
{
const EDGE = 56; // pixels from the window's edge at which the page begins to roll
let lifted; // { row, from, isDragged }

const neighbour = (by) => {
  const next = by > 0 ? lifted.row.nextElementSibling : lifted.row.previousElementSibling;
  return next?.matches("[data-row]") ? next : undefined;
};
const place = (row) => [...row.parentElement.querySelectorAll("[data-row]")].indexOf(row);

function say(what, row = lifted.row) {
  const list = row.parentElement;
  const values = { question: row.dataset.row, place: place(row) + 1, count: list.querySelectorAll("[data-row]").length };
  document.getElementById("drag-said").textContent = list.dataset[what].replace(/\{(\w+)\}/g, (_whole, name) => values[name]);
}

function lift(row, isDragged) {
  lifted = { row, from: place(row), isDragged };
  row.classList.add("lifted");
  row.querySelector("[data-drag]").setAttribute("aria-pressed", "true");
  say("lifted");
}

function move(by) {
  const next = neighbour(by);
  if (!next) return false;
  if (by > 0) lifted.row.before(next); else lifted.row.after(next);
  return true;
}

function letGo(said) {
  const { row, from } = lifted;
  row.classList.remove("lifted");
  row.querySelector("[data-drag]").removeAttribute("aria-pressed");
  say(said);
  lifted = undefined;
  if (place(row) !== from) row.querySelector("input").dispatchEvent(new Event("change", { bubbles: true })); // the wizard follows
}

function putBack() {
  for (let by = Math.sign(lifted.from - place(lifted.row)); place(lifted.row) !== lifted.from;) move(by);
  letGo("back");
}

document.addEventListener("keydown", (event) => {
  const handle = event.target.closest?.("[data-drag]");
  if (lifted && event.key === "Escape") { putBack(); event.preventDefault(); return; }
  if (!handle || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === " " || event.key === "Enter") {
    if (lifted) letGo("dropped"); else lift(handle.closest("[data-row]"), false);
    event.preventDefault();
  } else if (lifted && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    move(event.key === "ArrowDown" ? 1 : -1);
    say("moved");
    lifted.row.scrollIntoView({ block: "nearest" });
    event.preventDefault();
  }
});
document.addEventListener("keyup", (event) => { if (event.key === " " && event.target.closest?.("[data-drag]")) event.preventDefault(); });
document.addEventListener("focusout", (event) => { if (lifted && !lifted.isDragged && event.target.closest("[data-drag]")) letGo("dropped"); });

document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-drag]");
  if (!handle || event.button || lifted) return;
  event.preventDefault();
  handle.focus();
  handle.setPointerCapture(event.pointerId);
  lift(handle.closest("[data-row]"), true);
});
document.addEventListener("pointermove", (event) => {
  if (!lifted?.isDragged) return;
  const middle = (row) => { const { top, bottom } = row.getBoundingClientRect(); return (top + bottom) / 2; };
  if (neighbour(1) && event.clientY > middle(neighbour(1))) move(1);
  else if (neighbour(-1) && event.clientY < middle(neighbour(-1))) move(-1);
  if (event.clientY < EDGE * 2) scrollBy(0, -8); else if (event.clientY > innerHeight - EDGE * 2) scrollBy(0, 8);
});
document.addEventListener("pointerup", () => { if (lifted?.isDragged) letGo("dropped"); });
document.addEventListener("pointercancel", () => { if (lifted?.isDragged) putBack(); });
// Rows that were moved by a button say where they are now, too: the button itself keeps the focus and its name.
document.addEventListener("htmx:finally:request", (event) => {
  const button = event.detail.ctx.request.submitter;
  if (!button?.matches?.("[data-row] button:is([value^='higher:'], [value^='lower:'])")) return;
  const row = document.getElementById(button.id)?.closest("[data-row]");
  if (row) say("moved", row);
});
document.addEventListener("htmx:before:swap", () => { // an answer knows nothing of a row in the air
  lifted?.row.classList.remove("lifted");
  lifted = undefined;
});

document.addEventListener("click", (event) => { event.target.closest('#add-property [value^="add:"]')?.closest("details").removeAttribute("open"); });
}
