// Entry: takes the configuration the server put before us, wires the parts, publishes the API.

/** @import { Change, PublicApi } from "./types.d.ts" */

import { CATEGORIES, LANGUAGE, LANGUAGES, TOKEN, config, configure, gpc } from "./config.js";
import { byId } from "./element.js";
import { installStyle } from "./style.js";
import { runsRefused, withdraw } from "./act.js";
import { showControl } from "./control.js";
import { statusRegion } from "./status.js";
import { needsBanner } from "./state.js";
import { isShown, scan, show } from "./gate.js";
import { tellGoogle } from "./google.js";
import { openDialog } from "./dialog.js";
import { buildBanner } from "./banner.js";
import { ask, refresh } from "./transport.js";
import { deleteRefused } from "./cleanup.js";
import {
  allows,
  answers,
  begin,
  decidedOn,
  earlier,
  effectiveChoices,
  given,
  isOutdated,
  status,
  sync,
  update,
  validUntil,
} from "./visit.js";

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
/** @type {HTMLElement | null} */
let banner = null;
/** Where the visitor was before the banner had focus. @type {HTMLElement | null} */
let origin = null;

/** Whether the page is in a language, in whatever spelling and of whatever country. @param {string} tag */
const isIn = (tag) => document.querySelector(`:root:lang(${tag})`);

/** @type {PublicApi} */
const api = {
  get state() {
    return { status, choices: effectiveChoices(), decidedOn, validUntil, gpc: gpc() };
  },
  allows,
  open,
  withdraw,
  onChange(callback) {
    /** @param {Event} event */
    const listener = (event) => callback(/** @type {CustomEvent<Change>} */ (event).detail);
    document.addEventListener("consent:change", listener);
    return () => document.removeEventListener("consent:change", listener);
  },
};

// A second copy of the script on the same page leaves the first alone.
if (earlier.allows) window.consent = earlier;
else start();

function start() {
  window.consent = api;
  configure(given);
  tellGoogle("default");
  // A page made ready beforehand may never be seen.
  if (document.prerendering) document.addEventListener("prerenderingchange", visit);
  else visit();
}

function visit() {
  /** @type {HTMLMetaElement | null} */
  const meta = document.querySelector("meta[name=consent-page-group]");
  begin(script?.dataset.consentPageGroup || meta?.content, react);
  new MutationObserver(() => {
    scan();
    // Not at once: a page that takes out what we put in would go on forever.
    requestAnimationFrame(restore);
  }).observe(document, { childList: true, subtree: true });
  document.addEventListener("readystatechange", () => {
    scan();
    // The place for the control may be the last thing on the page.
    showLayers();
  });
  if (config[CATEGORIES][0]) {
    listen();
    prepare();
  }
}

/**
 * Everything that follows from what holds now, in this order: the page's own tools learn of it
 * before any tag runs. Their signals belong here.
 * @param {Change} change
 */
function react(change) {
  const isFirst = change.source === "load";
  if (!isFirst || Object.keys(answers).length) tellGoogle("update");
  const name = "consent:" + (isFirst ? "ready" : "change");
  document.dispatchEvent(new CustomEvent(name, { detail: change }));
  deleteRefused(allows);
  scan();
  showLayers();
  if (change.source === "elsewhere" && runsRefused()) location.reload();
}

/** Get the right words, then show what there is to show. */
async function prepare() {
  // The script may stand in the head, before there is a body.
  while (!document.body) await new Promise(requestAnimationFrame);
  const other = !isIn(config[LANGUAGE]) && config[LANGUAGES].find(isIn);
  if (other || isOutdated) {
    await refresh(other || config[LANGUAGE]);
    update("notice");
  }
  installStyle();
  show();
  showLayers();
  if (banner) {
    // The service counts displays by day. Nobody is told apart, and a lost one is no harm.
    const display = { method: "POST", body: config[TOKEN], credentials: /** @type {const} */ ("omit") };
    ask("/displays", 20, display).catch(Boolean);
  }
}

function showLayers() {
  if (!isShown) return;
  const isDue = needsBanner(answers);
  if (isDue) {
    if (!banner) {
      banner = buildBanner();
      banner.addEventListener("focusin", (event) => {
        const from = /** @type {HTMLElement | null} */ (event.relatedTarget);
        if (!banner?.contains(from)) origin = from;
      });
      makeRoom(banner);
    }
    if (!banner.isConnected) document.body.prepend(banner);
  } else if (banner) {
    const hadFocus = banner.contains(document.activeElement);
    banner.remove();
    banner = null;
    // To where the visitor was; who came straight to the banner goes on at the start of the page.
    const target = origin?.isConnected ? origin : statusRegion();
    if (hadFocus) target.focus({ preventScroll: true });
  }
  if (document.readyState !== "loading") showControl();
}

/** Put back what the page took out by drawing itself anew. */
function restore() {
  if (!byId(banner ? "banner" : "controls")) showLayers();
}

function open() {
  if (isShown) openDialog();
  else requestAnimationFrame(open);
}

/**
 * Let the end of the page, and what has focus, scroll clear of the banner.
 * @param {HTMLElement} banner
 */
function makeRoom(banner) {
  const { style } = document.documentElement;
  new ResizeObserver(() => {
    const { offsetHeight } = banner;
    style.paddingBottom = style.scrollPaddingBottom = offsetHeight ? offsetHeight + "px" : "";
  }).observe(banner);
}

/** Notice other tabs, pages we come back to, and links of the page's own. */
function listen() {
  // Late, since the browser then opens its storages: the banner comes first.
  setTimeout(() => {
    for (const event of ["visibilitychange", "pageshow", "storage"]) addEventListener(event, sync);
    // Until now nothing was noticed: a page left at once, and come back to as it was, least of all.
    sync();
  }, 100);
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    for (const act of /** @type {const} */ (["open", "withdraw"])) {
      if (target.closest(`[data-consent-${act}]`)) {
        event.preventDefault();
        api[act]();
      }
    }
  });
}
