// Shows a booking page on another site. Its attributes, and the event "meetings:booked": docs/embedding.md
(() => {
  "use strict";
  const script = document.currentScript;
  const { link, mode, theme = "light", lang, duration, prefill, label = "Book a time", close = "Close", for: what } = script.dataset;
  const base = script.src.replace(/\/static\/embed\.js.*$/, "");
  const colorScheme = theme === "auto" ? "light dark" : theme;
  const make = (tag, props, style) => {
    const made = Object.assign(document.createElement(tag), props);
    Object.assign(made.style, style);
    return made;
  };
  const frame = make("iframe", { title: label }, { display: "block", width: "100%", height: "720px", border: 0, colorScheme });

  function load() {
    if (frame.src) return;
    const asked = new URLSearchParams(prefill === "query" ? location.search : "");
    const said = { timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, lang, duration, embed_theme: theme, embed_parent: location.origin };
    for (const [name, value] of Object.entries(said)) if (value) asked.set(name, value);
    frame.src = `${base}/embed/${encodeURIComponent(link)}?${asked}`;
  }

  let dialog;
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== frame.contentWindow || origin !== new URL(base).origin) return;
    const { type, height, ...detail } = data;
    if (type === "meetings:height" && height > 0) frame.style.height = `${Math.min(height, 5000)}px`;
    if (type === "meetings:step" && frame.getBoundingClientRect().top < 0) frame.scrollIntoView();
    if (type === "meetings:close") dialog?.close();
    if (type === "meetings:booked") frame.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  });

  function place(made) { // nothing in a head is seen
    if (!script.closest("head")) return script.after(made);
    const last = () => document.body.append(made);
    document.readyState === "loading" ? addEventListener("DOMContentLoaded", last) : last();
  }

  if (mode !== "button") {
    load();
    place(frame);
    return;
  }

  const leave = make("button", { type: "button", textContent: "\u2715", ariaLabel: close, onclick: () => dialog.close() }, { float: "inline-end", width: "44px", height: "44px", border: 0, background: "none", color: "inherit", font: "inherit", cursor: "pointer" });
  function open(event) {
    event.preventDefault();
    if (!dialog) {
      dialog = make("dialog", { ariaLabel: label }, { width: "1144px", maxWidth: "calc(100vw - 16px)", maxHeight: "calc(100dvh - 16px)", boxSizing: "border-box", padding: "0 8px 8px", border: 0, borderRadius: "16px", colorScheme });
      dialog.append(leave, frame);
      document.body.append(dialog);
      load();
    }
    dialog.showModal();
  }
  if (what) document.addEventListener("click", (event) => event.target.closest?.(what) && open(event));
  else place(make("button", { type: "button", textContent: label, className: "meetings-button", onclick: open }));
})();
