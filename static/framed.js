// A booking page in a frame on another site: tells that site how high it is, and that somebody has booked.
"use strict";
(() => {
  if (window.parent === window) return;
  const root = document.documentElement;
  const site = location.ancestorOrigins?.[0] || root.dataset.framed; // what the browser says counts more than the address

  function tell(type, more, to = site) {
    window.parent.postMessage({ type: `meetings:${type}`, ...more }, to || "*");
  }

  // ---- the height, whenever it changes; to whom doesn't matter
  let told = 0;
  const measure = () => {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === told) return;
    told = height;
    tell("height", { height });
  };
  new ResizeObserver(measure).observe(document.body);

  // ---- what was booked: nothing about the person, and the time only to a site that is known
  function tellNews() {
    const news = document.querySelector("[data-booked]");
    if (news) tell("booked", site ? JSON.parse(news.dataset.booked) : {});
  }

  // ---- the top of the frame comes into view with each step; Escape closes what the site shows the frame in
  let step = "";
  const stepped = () => {
    const now = document.getElementById("stage")?.dataset.step || "";
    if (step && now !== step) tell("step");
    step = now;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !event.target.closest?.("details[open]")) tell("close");
  }, true); // before an open menu hears it, which closes by it

  document.addEventListener("htmx:after:swap", stepped);
  document.addEventListener("DOMContentLoaded", () => {
    measure();
    stepped();
    tellNews();
  });
})();
