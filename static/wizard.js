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
const isOnward = (button) => /^(next|save|close|discard|go:)/.test(button?.value ?? "");
document.addEventListener("click", (event) => { if (event.detail > 1 && isOnward(event.target.closest('[name="do"]'))) event.preventDefault(); });
document.addEventListener("htmx:config:request", (event) => {
  const { submitter } = event.detail.ctx.request;
  if (submitter && submitter === going) event.preventDefault();
  else if (isOnward(submitter)) going = submitter;
});
document.addEventListener("htmx:finally:request", (event) => { if (event.detail.ctx.request.submitter === going) going = undefined; });

// --- who goes away without a button finds what was typed when they come back
let isTyped = false;
for (const kind of ["input", "change"]) document.addEventListener(kind, (event) => { if (event.target.form === form() && !isQuiet(event.target)) isTyped = true; });
document.addEventListener("submit", () => { isTyped = false; }, true);
function keep() {
  if (!isTyped || !form()) return;
  isTyped = false;
  const body = new URLSearchParams(new FormData(form()));
  body.set("do", "keep");
  fetch(form().action, { method: "POST", body, keepalive: true }).catch(() => { isTyped = true; });
}
addEventListener("beforeunload", keep);
addEventListener("pagehide", keep); // what comes last on a phone
document.addEventListener("visibilitychange", () => { if (document.hidden) keep(); });

// --- what can't be had from the server leaves the page as it is; the note says so until something gets through
const fault = (is_shown) => { isTyped ||= is_shown; const note = document.getElementById("fault"); if (note) note.hidden = !is_shown; };
document.addEventListener("htmx:error", () => fault(true));
document.addEventListener("htmx:response:error", (event) => { if (![409, 422].includes(event.detail.ctx.response.status)) fault(true); });
document.addEventListener("submit", () => fault(false));

// --- the address takes only what may stand in it, and is looked up while it is typed
document.addEventListener("input", (event) => {
  clearTimeout(looking);
  const field = event.target;
  if (field.id !== "slug") return;
  if (!event.isComposing && /[^\w-]/.test(field.value)) {
    const at = field.selectionStart;
    field.value = field.value.replace(/[^\w-]/g, "-");
    field.setSelectionRange(at, at);
  }
  looking = setTimeout(follow, 300);
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

// --- questions are dragged by their handles; the buttons beside them do the same
let lifted;
document.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-drag]");
  if (!handle || event.button) return;
  event.preventDefault();
  handle.setPointerCapture(event.pointerId);
  lifted = handle.closest("[data-row]");
  lifted.classList.add("lifted");
});
document.addEventListener("pointermove", (event) => {
  if (!lifted) return;
  for (const row of lifted.parentElement.querySelectorAll("[data-row]")) {
    if (row === lifted) continue;
    const { top, bottom } = row.getBoundingClientRect();
    if (event.clientY < top || event.clientY > bottom) continue;
    const isAfter = Boolean(lifted.compareDocumentPosition(row) & Node.DOCUMENT_POSITION_FOLLOWING);
    if (isAfter && event.clientY > (top + bottom) / 2) row.after(lifted);
    if (!isAfter && event.clientY < (top + bottom) / 2) row.before(lifted);
  }
});
for (const end of ["pointerup", "pointercancel"]) {
  document.addEventListener(end, () => {
    if (!lifted) return;
    lifted.classList.remove("lifted");
    lifted = undefined;
    follow();
    picture(20);
  });
}
}
