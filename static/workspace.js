// The few lines of the workspace that HTML, CSS and htmx have no words for. Everything works without them.
"use strict";

const root = document.documentElement;
const say = (text) => { const line = document.getElementById("said"); if (line) line.textContent = text; };

// --- light or dark: at once, and remembered for the next page
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-switch]")) return;
  event.preventDefault();
  root.dataset.theme = isDark() ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=lax${secure}`;
});

// --- menus: one open at a time; Escape or a click elsewhere closes, and the focus goes back
const openMenus = () => document.querySelectorAll("details[data-menu][open]");

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("focusin", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
  const items = [...menu.querySelectorAll(".menu-item")];
  const step = event.key === "ArrowDown" ? 1 : -1;
  const next = items.indexOf(document.activeElement) + step;
  items[(next + items.length) % items.length]?.focus();
  event.preventDefault();
});

// --- a picture that is too large is told at once and left out: requests with very large files are cut off unread
for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const field = event.target;
    const note = field.type === "file" && document.getElementById(`${field.id}-too-large`);
    if (!note) return;
    note.hidden = !(field.files[0]?.size > note.dataset.megabytes * 1024 * 1024);
    if (note.hidden) return;
    event.stopPropagation();
    if (kind === "change") field.value = "";
  }, true);
}

// --- copying; the clipboard is missing on plain http, where the old way still works
async function copy(text) {
  if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), { value: text, className: "sr" });
  (document.querySelector("dialog[open]") || document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copyFrom);
  await copy(source ? source.value : button.dataset.copy);
  button.classList.add("is-copied");
  say(button.dataset.copied);
  setTimeout(() => button.classList.remove("is-copied"), 1600);
});

// --- a colour, and the browser's picker beside its field: each follows the other
document.addEventListener("input", (event) => {
  const field = document.getElementById(event.target.dataset.colourOf);
  if (field) {
    field.value = event.target.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const picker = document.querySelector(`[data-colour-of="${event.target.id}"]`);
  if (picker && /^#?[\da-f]{6}$/i.test(event.target.value)) picker.value = `#${event.target.value.replace("#", "")}`;
});

// --- passwords, shown on demand
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-show]");
  if (!button) return;
  const field = document.getElementById(button.dataset.show);
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
});

// --- the browser's zone, proposed where nobody has chosen yet
for (const select of document.querySelectorAll("select[data-browser-zone]")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (![...select.options].some((option) => option.value === zone)) select.add(new Option(zone.replaceAll("_", " "), zone), 0); // an older name of a zone
  select.value = zone;
}

// --- a form that came back leads to what is wrong (the wizard's does so where it was asked to go on)
if (!document.querySelector("[autofocus]")) document.querySelector("main form:not(.work-form) [aria-invalid]")?.focus();

// --- tabs that don't fit beside each other: the current one is in view
function showCurrent() {
  for (const tab of document.querySelectorAll(":is(.tabs, .side-menu) > [aria-current]")) {
    const row = tab.parentElement;
    const from = row.getBoundingClientRect();
    const at = tab.getBoundingClientRect();
    row.scrollLeft += at.left + at.width / 2 - (from.left + from.width / 2);
  }
}
showCurrent();
document.addEventListener("htmx:after:swap", showCurrent);

// --- the dialog: whatever is put into it is shown; what takes its place there is read from its title on
let cameFrom;
document.addEventListener("htmx:after:swap", () => {
  const dialog = document.getElementById("dialog");
  if (!dialog || !document.getElementById("dialog-body").childElementCount) return;
  if (!dialog.open) {
    cameFrom = document.activeElement;
    dialog.showModal();
  } else if (!dialog.contains(document.activeElement)) {
    const title = document.getElementById("dialog-title");
    title?.setAttribute("tabindex", "-1");
    title?.focus();
  }
});
document.getElementById("dialog")?.addEventListener("close", () => {
  document.getElementById("dialog-body").replaceChildren();
  cameFrom?.closest("details:not([open])")?.querySelector("summary").focus(); // what is in a closed menu can't have the focus back
});
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  const dialog = opener && document.getElementById(opener.dataset.dialog);
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
});
document.addEventListener("click", (event) => {
  const closer = event.target.closest("[data-close]");
  if (!closer?.closest("dialog[open]")) return;
  event.preventDefault();
  closer.closest("dialog").close();
});

// --- a note that came instead of an answer lies on top of the form, which stays as it is; it goes with the next answer
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  const note = document.getElementById("form-note");
  if (ctx.hx.reswap !== "none") return note?.remove();
  if (note?.textContent.trim() !== new DOMParser().parseFromString(ctx.text, "text/html").body.textContent.trim()) { // it is read out once
    note?.remove();
    const place = ctx.sourceElement.closest(".work-form, #dialog-body") ?? document.querySelector(".notices");
    place?.insertAdjacentHTML("afterbegin", ctx.text);
  }
  if (ctx.request.submitter) document.querySelector("#form-note a")?.focus();
});

// --- rows chosen for the bar above the table
function showChosen() {
  const bar = document.querySelector("[data-bulk]");
  const all = document.querySelector("[data-pick-all]"); // a search that found nothing has no rows to choose
  if (!bar) return;
  const boxes = [...document.querySelectorAll("[data-pick]")];
  const count = boxes.filter((box) => box.checked).length;
  bar.querySelector("[data-count]").textContent = bar.dataset.bulk.replace("{}", new Intl.NumberFormat(root.lang).format(count));
  if (!all) return;
  all.checked = count > 0 && count === boxes.length;
  all.indeterminate = count > 0 && count < boxes.length;
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) {
    for (const box of document.querySelectorAll("[data-pick]")) box.checked = event.target.checked;
  }
  if (event.target.matches("[data-pick], [data-pick-all]")) showChosen();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-pick-none]")) return;
  for (const box of document.querySelectorAll("[data-pick]")) box.checked = false;
  showChosen();
});
document.addEventListener("htmx:after:swap", showChosen);
showChosen();

// --- where the panel takes the list's place, the reader follows it
const shownPanel = () => document.querySelector("[data-panel]")?.dataset.panel;
let seenPanel = shownPanel();

document.addEventListener("htmx:after:swap", () => {
  if (shownPanel() === seenPanel) return;
  seenPanel = shownPanel();
  if (matchMedia("(max-width: 1119px)").matches) scrollTo(0, 0);
  document.querySelector("[data-panel]")?.focus({ preventScroll: true });
});

// --- a button that went with what it asked for gives the keyboard's focus to the search above, else to the page's beginning
let isByKeyboard = false;
document.addEventListener("htmx:before:swap", () => { isByKeyboard = document.activeElement.matches(":focus-visible"); });
document.addEventListener("htmx:after:swap", () => {
  if (isByKeyboard && document.activeElement === document.body) (document.querySelector("main [role=search] input") ?? document.getElementById("main"))?.focus({ preventScroll: true });
});
