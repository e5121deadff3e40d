// Tokens into a title and marks into a description, at the cursor. Without it the buttons put tokens at the end, and marks are typed.
"use strict";
{
const TOKEN = /\{\{([^{}|]*)(?:\|([^{}]*))?\}\}/g;
const written = (name, fallback) => (fallback ? `{{ ${name} | ${fallback} }}` : `{{ ${name} }}`);
const plain = (words) => words.replace(/[{}|]/g, " ").replace(/\s+/g, " ").trim();

// --- typing as the browser does it, so that one can go back on it
function type(control, start, end, text) {
  control.focus();
  control.setSelectionRange(start, end);
  if (!document.execCommand(text ? "insertText" : "delete", false, text)) {
    control.setRangeText(text, start, end, "end");
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// --- the cursor of the title, for as long as a menu has the focus
let at = null;
const title = () => document.getElementById("title");
for (const kind of ["keyup", "click", "input", "select"]) {
  document.addEventListener(kind, (event) => { if (event.target.id === "title") at = [event.target.selectionStart, event.target.selectionEnd]; });
}
const cursor = () => at ?? [title().value.length, title().value.length];
const tokenAt = (place) => [...title().value.matchAll(TOKEN)].find((found) => found.index < place && place < found.index + found[0].length);
const tokenOf = (field) => { // the one at the cursor, if it is of the menu that this field is in
  const found = tokenAt(cursor()[0]);
  return found && field.id.startsWith(`${found[1].trim().split(".")[0]}_`) ? found : undefined;
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-token]");
  if (!button) return;
  event.preventDefault(); // not to the server: the cursor is here
  const menu = button.closest("details");
  const field = menu.querySelector("[data-fallback]");
  const inside = tokenAt(cursor()[0]);
  const [start, end] = inside ? [inside.index, inside.index + inside[0].length] : cursor();
  const before = title().value.slice(0, start), after = title().value.slice(end);
  const token = written(button.dataset.token, plain(field.value));
  const lead = before && !inside && /[\p{L}\p{N},.:;!?}]$/u.test(before) ? " " : "";
  const tail = after && !inside && /^[\p{L}\p{N}{]/u.test(after) ? " " : "";
  menu.open = false;
  type(title(), start, end, lead + token + tail);
  at = [start + lead.length + token.length, start + lead.length + token.length];
  title().setSelectionRange(...at);
  field.value = "";
});

// --- a menu that is opened with the cursor in a token shows what stands in for it, and changes it
document.addEventListener("toggle", (event) => {
  const field = event.target.matches?.(".insert[open]") ? event.target.querySelector("[data-fallback]") : null;
  const inside = field && tokenOf(field);
  if (inside) field.value = (inside[2] ?? "").trim();
}, true);
document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-fallback]")) return;
  const inside = tokenOf(event.target);
  if (!inside) return;
  const token = written(inside[1].trim(), plain(event.target.value));
  title().setRangeText(token, inside.index, inside.index + inside[0].length);
  title().setSelectionRange(inside.index + 2, inside.index + 2); // stays in it
  title().dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("keydown", (event) => { // Enter in that field is no wish to go on to the next page
  if (event.key !== "Enter" || !event.target.matches("[data-fallback]")) return;
  event.preventDefault();
  event.target.closest("details").open = false;
  title().focus();
});

// --- marks around what is selected
const wrap = (sign) => (area, start, end, words) => {
  const has = words.length > 2 * sign.length && words.startsWith(sign) && words.endsWith(sign);
  const text = has ? words.slice(sign.length, -sign.length) : sign + words + sign;
  type(area, start, end, text);
  const from = has ? start : start + sign.length;
  area.setSelectionRange(from, from + (has ? text.length : words.length));
};
const MARKS = {
  bold: wrap("**"),
  italic: wrap("*"),
  link(area, start, end, words) {
    const address = /^(https?:\/\/|mailto:|tel:)\S+$/.test(words) ? words : "https://";
    const said = address === words ? "" : words;
    type(area, start, end, `[${said}](${address})`);
    const from = said ? start + said.length + 3 : start + 1; // what is still to be typed is selected
    area.setSelectionRange(from, said ? from + address.length : from);
  },
  list(area, start, end) {
    const from = area.value.lastIndexOf("\n", start - 1) + 1;
    const to = (area.value.indexOf("\n", end) + 1 || area.value.length + 1) - 1;
    const lines = area.value.slice(from, to).split("\n");
    const has = lines.every((line) => line.startsWith("- "));
    const text = lines.map((line) => (has ? line.slice(2) : `- ${line}`)).join("\n");
    type(area, from, to, text);
    area.setSelectionRange(lines.length > 1 ? from : from + text.length, from + text.length);
  },
};
function mark(name) {
  const area = document.getElementById("description");
  const { selectionStart: start, selectionEnd: end } = area;
  MARKS[name](area, start, end, area.value.slice(start, end));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-mark]");
  if (button) mark(button.dataset.mark);
});
document.addEventListener("keydown", (event) => {
  const name = { b: "bold", i: "italic" }[event.key];
  if (!name || event.target.id !== "description" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  mark(name);
});
}
