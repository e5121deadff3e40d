// The few lines of the wizard that HTML, CSS and htmx have no words for. Every step works without them.
"use strict";
{
const form = () => document.querySelector(".work-form");
const isQuiet = (element) => Boolean(element.closest("[data-quiet]"));

// --- what the server makes of the values: asked again whenever one was changed
let following, looking;
const follow = () => {
  clearTimeout(following);
  following = setTimeout(() => { const line = document.getElementById("follow"); if (line) htmx.trigger(line, "follow"); }, 20);
};
document.addEventListener("change", (event) => { if (event.target.form === form() && !isQuiet(event.target)) follow(); });
document.addEventListener("submit", () => { clearTimeout(following); clearTimeout(looking); }, true); // a button says more than the change before it

// --- a button pressed twice in a row is meant once: the first press has it done, the second would meet the answer
let going; // the button that is being answered
const isOnward = (button) => /^(next|save|close|discard|test|try|go:)/.test(button?.value ?? "");
document.addEventListener("click", (event) => { if (event.detail > 1 && isOnward(event.target.closest('[name="do"]'))) event.preventDefault(); });
document.addEventListener("htmx:config:request", (event) => {
  const { submitter } = event.detail.ctx.request;
  if (submitter && submitter === going) event.preventDefault();
  else if (isOnward(submitter)) going = submitter;
});
document.addEventListener("htmx:finally:request", (event) => { if (event.detail.ctx.request.submitter === going) going = undefined; });

// --- who goes away without a button finds what was typed when they come back
const isKept = () => !form().hasAttribute("data-unkept"); // some pages have no place for it: then the browser asks
let isTyped = false;
for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => { if (event.target.form === form() && !isQuiet(event.target)) isTyped = true; });
document.addEventListener("submit", ({ target, submitter }) => { // a row added or removed is typed, too; a mail for trial saves nothing
  if (target === form() && submitter?.value !== "test") isTyped = !isOnward(submitter);
}, true);
function keep() {
  if (!isTyped || !form() || !isKept()) return;
  isTyped = false;
  const body = new URLSearchParams(new FormData(form()));
  body.set("do", "keep");
  fetch(form().action, { method: "POST", body, keepalive: true, headers: { "HX-Request": "true" } })
    .then((answer) => { isTyped ||= !answer.ok; }, () => { isTyped = true; });
}
addEventListener("beforeunload", (event) => { // who is signed out can't have it kept: the browser asks before it goes
  if (isTyped && (document.querySelector("[data-signed-out]") || (form() && !isKept()))) event.preventDefault();
  else keep();
});
addEventListener("pagehide", keep); // what comes last on a phone
addEventListener("popstate", keep); // back to another step: the page itself stays
document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });

// --- what can't be had from the server leaves the page as it is; the note says so until something gets through
const fault = (is_shown) => { isTyped ||= is_shown; const note = document.getElementById("fault"); if (note) note.hidden = !is_shown; };
document.addEventListener("htmx:error", () => fault(true));
document.addEventListener("htmx:response:error", (event) => {
  const { status } = event.detail.ctx.response;
  if ([401, 410].includes(status)) isTyped = true; // a note of its own says so: see workspace.js
  else if (![409, 422].includes(status)) fault(true);
});
document.addEventListener("submit", () => fault(false));

// --- the address takes only what may stand in it; it is looked up while it is typed, as titles and places are shown
const LETTERS = { "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ħ": "h", "Ħ": "H", "ı": "i", "ŋ": "n", "Ŋ": "N" };
const asAddress = (text) => text.normalize("NFKD").replace(/[^\0-\x7f]/gu, (letter) => LETTERS[letter] ?? (/\p{M}/u.test(letter) ? "" : "-")).replace(/[^\w-]/g, "-").replace(/--+/g, "-").replace(/^-/, "");
const setAddress = (field, text) => { if (text !== field.value) field.value = text.slice(0, field.maxLength); };
const SHOWN_AT_ONCE = new Set(["slug", "title", "location", "member-search"]);
document.addEventListener("input", (event) => {
  clearTimeout(looking);
  const field = event.target;
  if (!SHOWN_AT_ONCE.has(field.id)) return;
  if (field.id === "slug" && !event.isComposing) {
    const at = asAddress(field.value.slice(0, field.selectionStart)).length;
    setAddress(field, asAddress(field.value));
    field.setSelectionRange(at, at);
  }
  looking = setTimeout(follow, 300);
});
document.addEventListener("focusout", (event) => { // a hyphen at the end may be going on until then
  if (event.target.id === "slug") setAddress(event.target, asAddress(event.target.value).replace(/-$/, ""));
});

// --- answers are morphed into the page. What was sent is the ground that they are compared with, so that a value the
// server changed is shown, and one that was typed since stays.
let sent = new Map();
document.addEventListener("htmx:config:request", () => {
  sent = new Map();
  for (const control of form()?.elements ?? []) {
    if (control.type === "checkbox" || control.type === "radio") sent.set(control, (control.defaultChecked = control.checked));
    else if (control.tagName === "SELECT") for (const option of control.options) sent.set(option, (option.defaultSelected = option.selected));
    else if (control.tagName === "TEXTAREA") { if (control !== document.activeElement) control.defaultValue = control.value; }
    else if (control.tagName === "INPUT" && control.type !== "hidden") control.setAttribute("value", control.value);
  }
});
document.addEventListener("htmx:after:swap", () => {
  for (const [control, was] of sent) {
    if (!control.isConnected) continue;
    if (control.tagName === "OPTION") { if (control.defaultSelected !== was) control.selected = control.defaultSelected; }
    else if (control.defaultChecked !== was) control.checked = control.defaultChecked;
  }
  sent = new Map();
});

// What is unfolded stays so; what hides an error is unfolded.
htmx.registerExtension("wizard-open", {
  htmx_before_morph_attr: (element, { attrName }) => !(attrName === "open" && element.tagName === "DETAILS"),
});
document.addEventListener("click", (event) => { event.target.closest('[value^="copy:"]')?.closest("details").removeAttribute("open"); });

document.addEventListener("keydown", (event) => { if (event.key === "Escape" && event.target.closest?.("#add-panel")) document.getElementById("add-done").click(); });

// --- a row that came or went takes the focus along
document.addEventListener("htmx:after:swap", () => {
  const target = document.getElementById(document.getElementById("wizard")?.dataset.focus ?? "");
  if (!target) return;
  target.focus();
  if (target.select) target.select();
});

// --- another step: it is read from its top
let shown = form()?.id;
document.addEventListener("htmx:after:swap", () => {
  for (const wrong of document.querySelectorAll(".disclose:not([open]) [aria-invalid]")) wrong.closest("details").open = true;
  if (!form() || form().id === shown) return;
  shown = form().id;
  scrollTo(0, 0);
  document.getElementById("wizard-title").focus({ preventScroll: true });
});
document.addEventListener("htmx:after:request", (event) => { // what was asked to go on and can't leads to what is wrong
  if (![409, 422].includes(event.detail.ctx.response.status)) return;
  document.addEventListener("htmx:after:swap", () => document.querySelector(".work-form [aria-invalid], #conflict")?.focus(), { once: true });
});

// --- the preview follows a pause in typing: the old picture stays until the new one is there
let waiting, asking;
const picture = (delay) => { clearTimeout(waiting); waiting = setTimeout(draw, delay); };

async function draw() {
  const page = form(), frame = document.querySelector("#preview iframe");
  if (!page || !frame) return;
  asking?.abort();
  asking = new AbortController();
  try {
    const body = new URLSearchParams(new FormData(page));
    const answer = await fetch(page.dataset.preview, { method: "POST", body, signal: asking.signal });
    if (answer.ok && !answer.redirected) show(frame, await answer.text());
  } catch (error) {
    if (error.name !== "AbortError") console.info("preview:", error.message);
  }
}

function show(frame, text) {
  const there = frame.contentDocument;
  if (!there?.body || there.URL === "about:blank" || there.readyState === "loading") { // its own page comes first
    frame.addEventListener("load", () => picture(0), { once: true });
    return;
  }
  const down = there.scrollingElement?.scrollTop ?? 0;
  if (frame.id === "frame-mail") { // its styles are its own: they are allowed in the frame, not on this page
    there.open();
    there.write(text);
    there.close();
  } else {
    const next = new DOMParser().parseFromString(text, "text/html");
    there.documentElement.lang = next.documentElement.lang;
    there.documentElement.dir = next.documentElement.dir;
    there.body.replaceWith(there.adoptNode(next.body));
  }
  if (there.scrollingElement) there.scrollingElement.scrollTop = down;
}

const isOurs = (element) => element.form && element.form === form();
document.addEventListener("input", (event) => { if (isOurs(event.target)) picture(200); });
document.addEventListener("change", (event) => { if (isOurs(event.target)) picture(20); });
document.addEventListener("htmx:after:swap", () => picture(0));
}
