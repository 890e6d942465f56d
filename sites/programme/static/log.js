// Show which optional parts of the page really ran, and what the page can see on the device.
//
// Gated tags call window.demoLog themselves, embeds post a message, and images and frames are
// noticed by their load event. So a line is here only when something ran, never when it was
// merely allowed.

(() => {
  "use strict";

  const WORDS = {
    en: {
      undecided: "Blocked: no answer yet",
      refused: "Blocked: refused",
      allowed: "Allowed: nothing of it has run on this page",
      ran: "Ran",
      ranUnanswered: "Ran once; the category has no answer",
      ranOnce: "Ran once; the category stays refused",
      ranBefore: "Now refused; it ran earlier on this page",
      silent: "Blocked: the consent service did not answer",
      pixel: "pixel loaded",
      failed: "did not load",
      present: "is there",
      removed: "was deleted",
      absent: "is not there",
      cookie: "cookie",
      item: "stored item",
    },
    nl: {
      undecided: "Geblokkeerd: nog geen antwoord",
      refused: "Geblokkeerd: geweigerd",
      allowed: "Toegestaan: op deze pagina is er niets van uitgevoerd",
      ran: "Uitgevoerd",
      ranUnanswered: "Eén keer uitgevoerd; de categorie heeft geen antwoord",
      ranOnce: "Eén keer uitgevoerd; de categorie blijft geweigerd",
      ranBefore: "Nu geweigerd; eerder op deze pagina uitgevoerd",
      silent: "Geblokkeerd: de toestemmingsdienst antwoordde niet",
      pixel: "pixel geladen",
      failed: "niet geladen",
      present: "is er",
      removed: "is verwijderd",
      absent: "is er niet",
      cookie: "cookie",
      item: "bewaard item",
    },
  };

  // What the gated parts of these pages keep where a page can see it. Anything else that is found
  // is listed too.
  const OPTIONAL = [
    ["cookie", "_study_ads_session"],
    ["cookie", "viewed_programmes"],
    ["item", "viewed_programmes"],
  ];

  const panel = document.getElementById("ran");
  if (!panel) {
    window.demoLog = () => {};
    return;
  }
  const words = WORDS[document.documentElement.lang] ?? WORDS.en;
  const log = panel.querySelector("[data-ran-log]");
  const none = panel.querySelector("[data-ran-none]");
  const stored = panel.querySelector("[data-ran-stored]");
  /** What the answer was when a category last ran. */
  const ran = new Map();
  const seen = new Set();
  let heard = false;

  /** Add a line to the panel. */
  window.demoLog = (category, text) => {
    const now = new Date();
    const time = document.createElement("time");
    time.dateTime = now.toISOString();
    time.textContent = now.toLocaleTimeString("en-GB");
    const line = document.createElement("li");
    line.append(time, `${category}: ${text}`);
    log.append(line);
    none.hidden = true;
    ran.set(category, answerTo(category));
    showStates();
    showStored();
  };

  function stateOf(category) {
    const answer = answerTo(category);
    if (ran.has(category)) {
      if (answer === true) return ["ran", words.ran];
      if (answer === undefined) return ["ran", words.ranUnanswered];
      return ["ran", ran.get(category) === false ? words.ranOnce : words.ranBefore];
    }
    if (answer === true) return ["allowed", words.allowed];
    if (answer === false) return ["blocked", words.refused];
    return ["blocked", heard ? words.undecided : words.silent];
  }

  /** What the visitor answered: true, false, or undefined while there is no answer. */
  function answerTo(category) {
    const { status, choices } = window.consent?.state ?? {};
    if (choices?.[category]) return true;
    return status === "decided" ? false : undefined;
  }

  function showStates() {
    for (const card of panel.querySelectorAll("[data-ran-category]")) {
      const [state, text] = stateOf(card.dataset.ranCategory);
      card.dataset.state = state;
      card.querySelector(".ran-state").textContent = text;
    }
  }

  /** What the page can see: cookies that are not HttpOnly, and its stored items. */
  function visibleNow() {
    const pairs = document.cookie.split("; ").filter(Boolean);
    const visible = pairs.map((pair) => nameOf("cookie", pair.split("=")[0]));
    try {
      for (const key of Object.keys(localStorage)) visible.push(nameOf("item", key));
    } catch {
      // Storage is blocked by the browser, so there is nothing of it to see.
    }
    return new Set(visible);
  }

  const nameOf = (kind, name) => `${words[kind]} ${name}`;

  function showStored() {
    const visible = visibleNow();
    const lines = new Set([...OPTIONAL.map(([kind, name]) => nameOf(kind, name)), ...seen, ...visible]);
    stored.replaceChildren(...[...lines].map((name) => storedLine(name, visible.has(name))));
    for (const name of visible) seen.add(name);
  }

  function storedLine(name, isThere) {
    const label = document.createElement("span");
    label.textContent = name;
    const state = document.createElement("span");
    state.textContent = isThere ? words.present : seen.has(name) ? words.removed : words.absent;
    const line = document.createElement("li");
    if (isThere) line.className = "there";
    line.append(label, state);
    return line;
  }

  function onAnswer() {
    heard = true;
    showStates();
    showStored();
    // Cookies are also deleted by the service's answer, which comes after the event.
    setTimeout(showStored, 1000);
  }

  function onLoad(event) {
    const part = event.target;
    if (!(part instanceof HTMLImageElement) || !part.dataset.consent || !part.src) return;
    window.demoLog(part.dataset.consent, event.type === "load" ? words.pixel : `pixel ${words.failed}`);
  }

  document.addEventListener("consent:ready", onAnswer);
  document.addEventListener("consent:change", onAnswer);
  // Load events do not bubble, but they can be captured.
  document.addEventListener("load", onLoad, true);
  document.addEventListener("error", onLoad, true);
  window.addEventListener("message", (event) => {
    if (event.origin !== panel.dataset.tracker) return;
    const { demo, category, text } = event.data ?? {};
    if (demo === "ran" && typeof category === "string" && typeof text === "string") {
      window.demoLog(category, text);
    }
  });
  window.addEventListener("focus", showStored);
  window.cookieStore?.addEventListener?.("change", showStored);
  showStored();
  window.addEventListener("DOMContentLoaded", showStates);
})();
