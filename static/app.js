// The public pages work without this file. It tells the server the browser's time zone, moves the focus along with the
// steps, lets arrow keys walk the month, and closes menus.
"use strict";
(() => {
  const YEAR = 31536000;
  const stage = () => document.getElementById("stage");
  const secure = location.protocol === "https:" ? ";secure" : "";

  // ---- the zone: said once in a cookie; the page is drawn anew where it was drawn for another
  function tellZone() {
    let zone = "";
    try {
      zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
    } catch {
      return;
    }
    if (!/^[\w+\-/]{2,60}$/.test(zone)) return;
    const isFramed = "framed" in document.documentElement.dataset;  // on another site: no cookies there
    const known = document.cookie.split("; ").includes(`browser_zone=${zone}`);
    if (!known && !isFramed) document.cookie = `browser_zone=${zone};path=/;max-age=${YEAR};samesite=lax${secure}`;
    const shown = stage();
    const isFixed = !shown || !shown.dataset.zone || "zoneFixed" in shown.dataset || new URL(location.href).searchParams.has("timezone");
    if (!known && !isFixed && shown.dataset.zone !== zone && window.htmx) {
      const here = new URL(location.href);
      if (isFramed) here.searchParams.set("timezone", zone);
      window.htmx.ajax("GET", here.pathname + here.search, { target: "#stage", swap: "outerMorph" });
    }
  }

  // ---- the month: one stop for the Tab key, arrows inside (the grid pattern of ARIA)
  const days = () => [...document.querySelectorAll(".grid a.day")];

  function makeGrid() {
    const all = days();
    const chosen = all.find((day) => day.parentElement.getAttribute("aria-selected") === "true") || all[0];
    for (const day of all) day.tabIndex = day === chosen ? 0 : -1;
  }

  function dayNear(from, key) {
    const all = days();
    const cell = from.parentElement;
    const isRtl = document.documentElement.dir === "rtl";
    const place = cell.cellIndex;
    const row = cell.parentElement.rowIndex;
    const inColumn = (day) => day.parentElement.cellIndex === place;
    const inRow = (day) => day.parentElement.parentElement.rowIndex === row;
    const at = all.indexOf(from);
    switch (key) {
      case "ArrowRight": return all[at + (isRtl ? -1 : 1)];
      case "ArrowLeft": return all[at + (isRtl ? 1 : -1)];
      case "ArrowDown": return all.slice(at + 1).find(inColumn);
      case "ArrowUp": return all.slice(0, at).reverse().find(inColumn);
      case "Home": return all.find(inRow);
      case "End": return all.filter(inRow).pop();
      default: return undefined;
    }
  }

  document.addEventListener("keydown", (event) => {
    const day = event.target.closest?.(".grid a.day");
    if (day && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.key === "PageUp" || event.key === "PageDown") {
        const arrow = document.getElementById(event.key === "PageUp" ? "before" : "after");
        if (arrow) { focusGrid = true; arrow.click(); }
        event.preventDefault();
        return;
      }
      if (event.key === " ") { day.click(); event.preventDefault(); return; }
      const next = dayNear(day, event.key);
      if (next) {
        day.tabIndex = -1;
        next.tabIndex = 0;
        next.focus();
      }
      if (next || /^(Arrow|Home|End)/.test(event.key)) event.preventDefault();
    }
    if (event.key === "Escape") {
      const open = event.target.closest?.("details[open].menu, details[open].zone");
      if (open) { open.open = false; open.querySelector("summary").focus(); }
    }
  });

  // ---- after a step
  let step = "";
  let focusGrid = false;
  let isDayTapped = false;
  let hadFocus = false;
  document.addEventListener("htmx:before:swap", () => { hadFocus = document.activeElement !== document.body; });

  // ---- the check against robots: where the browser can compute, that stands for the question (see captcha.js)
  async function keepRobotsOut() {
    const place = document.querySelector("[data-captcha]");
    if (!place || place.querySelector("altcha-widget")) return;
    try {
      if (!window.isSecureContext) throw new Error("no crypto.subtle here");
      await (await import(place.dataset.captcha)).keepRobotsOut(place);
    } catch {
      place.dataset.asks = "";
    }
  }

  function afterSwap() {
    keepRobotsOut();
    makeGrid();
    const now = stage()?.dataset.step || "";
    const heading = document.getElementById(step === "welcome" && now === "times" ? "month" : "step");
    if (document.querySelector("#stage [autofocus]")) {
      // a field to mend takes the focus by itself
    } else if (now !== step && heading) {
      heading.focus({ preventScroll: true });
      stage().scrollIntoView({ block: "start" });
      window.scrollTo({ top: Math.max(0, window.scrollY - 8) });
    } else if (focusGrid) {
      document.querySelector(".grid a.day[tabindex='0']")?.focus();
    } else if (isDayTapped) {
      showTimes();
    } else if (hadFocus && document.activeElement === document.body) {
      document.getElementById("month")?.focus({ preventScroll: true });  // what was pressed is gone
    }
    const pane = document.getElementById("here");
    if (pane && now === "times") pane.scrollTop = 0;
    step = now;
    focusGrid = isDayTapped = false;
  }

  // On a phone the times are below the month: bring them into view unless some are already.
  function showTimes() {
    const first = document.querySelector("#here .slot, #here .button");
    if (first && first.getBoundingClientRect().bottom > window.innerHeight) {
      const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      document.getElementById("here").scrollIntoView({ block: "start", behavior: isCalm ? "auto" : "smooth" });
    }
  }

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest?.(".grid a.day")) isDayTapped = true;
    if (target.closest?.("#zones a.pick")) document.getElementById("zone")?.removeAttribute("open");
    for (const open of document.querySelectorAll("details[open].menu, details[open].zone")) {
      if (!open.contains(target)) open.open = false;
    }
    const language = target.closest?.("a[data-language]");
    if (language) {
      // steps change the address without drawing the menu anew
      const here = new URL(location.href);
      here.searchParams.set("lang", language.dataset.language);
      language.href = here.pathname + here.search;
    }
  });

  // ---- what does not get through leaves the page as it is, and says so
  const fault = (isShown) => { document.getElementById("fault").hidden = !isShown; };
  document.addEventListener("htmx:error", () => fault(true));
  document.addEventListener("htmx:after:request", () => fault(false));

  // ---- a swipe across the month turns it, as its arrows do
  let from = null;
  document.addEventListener("touchstart", (event) => {
    const touch = event.touches.length === 1 && event.target.closest?.(".month .grid") ? event.touches[0] : null;
    from = touch && { x: touch.clientX, y: touch.clientY };
  }, { passive: true });
  document.addEventListener("touchend", (event) => {
    if (!from) return;
    const across = event.changedTouches[0].clientX - from.x;
    const down = event.changedTouches[0].clientY - from.y;
    from = null;
    if (Math.abs(across) < 64 || Math.abs(across) < 2 * Math.abs(down)) return;
    const isForward = (across < 0) !== (document.documentElement.dir === "rtl");
    document.getElementById(isForward ? "after" : "before")?.click();
  }, { passive: true });

  // ---- the list of zones: fetched when it is opened
  document.addEventListener("toggle", (event) => {
    if (event.target.id !== "zone" || !event.target.open) return;
    const search = document.getElementById("zone-search");
    search.focus();
    if (!search.dataset.isFilled && window.htmx) {
      search.dataset.isFilled = "true";
      window.htmx.ajax("GET", document.getElementById("zones").dataset.more, { target: "#zones", swap: "outerHTML" });
    }
  }, true);

  // ---- what is booked takes the form's place in the history: going back leads to the times, not to a time that is gone
  document.addEventListener("htmx:before:response", (event) => {
    const onward = event.detail.ctx.response.headers.get("HX-Redirect");
    if (!onward || stage()?.dataset.step !== "form") return;
    event.preventDefault();
    location.replace(onward);
  });

  document.addEventListener("htmx:after:swap", () => setTimeout(afterSwap, 2));
  document.addEventListener("DOMContentLoaded", () => {
    makeGrid();
    keepRobotsOut();
    step = stage()?.dataset.step || "";
    tellZone();
  });
})();
