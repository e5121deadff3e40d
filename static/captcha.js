// Puts ALTCHA's widget in the place of the question that keeps robots out; both in one module, loaded by app.js where a
// form has the question. The widget computes by itself as soon as it is there.
const altchaRegistry = globalThis.$altcha;
const SETTINGS = { type: "native", hideFooter: true, hideLogo: true, humanInteractionSignature: false };

function loadedStyle(address) {
  const known = document.querySelector(`link[href="${address}"]`);
  if (known) return Promise.resolve();
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = address;
  return new Promise((resolve, reject) => {
    style.onload = resolve;
    style.onerror = reject;
    document.head.append(style);
  });
}

export async function keepRobotsOut(place) {
  const { challenge, strings, style, worker } = place.dataset;
  await loadedStyle(style);
  if (place.querySelector("altcha-widget")) return;
  const language = document.documentElement.lang;
  altchaRegistry.algorithms.set("PBKDF2/SHA-256", () => new Worker(worker));
  altchaRegistry.i18n.set(language.toLowerCase(), { ...altchaRegistry.i18n.get("en"), ...JSON.parse(strings) });
  const widget = document.createElement("altcha-widget");
  widget.setAttribute("name", "captcha");
  widget.setAttribute("auto", "onload");
  widget.setAttribute("language", language.toLowerCase());
  widget.setAttribute("challenge", challenge);
  widget.setAttribute("configuration", JSON.stringify(SETTINGS));
  widget.addEventListener("statechange", (event) => {
    if (event.detail.state === "error") place.dataset.asks = "";
  });
  place.append(widget);
}

// Whoever is quicker than the check waits for it without noticing much.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const widget = form.querySelector("altcha-widget");
  if (!widget || widget.getState() !== "verifying") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (widget.dataset.isAwaited) return;
  widget.dataset.isAwaited = "";
  const button = event.submitter;
  widget.addEventListener("statechange", ({ detail }) => {
    if (detail.state === "verified") setTimeout(() => form.requestSubmit(button));
    if (detail.state !== "verifying") delete widget.dataset.isAwaited;
  });
}, true);
