// The page that checks a receipt or proof, in this browser alone: after loading, it asks nobody.

import { FormatError, utf8 } from "./verify/bytes.js";
import { check, entriesOf } from "./verify/check.js";
import { readFile } from "./verify/files.js";
import { missingSupport, parseKey } from "./verify/notes.js";
import { element, faultCard, resultCard, say } from "./verify/view.js";

/** @typedef {import("./verify/files.js").Evidence} Evidence */

/** @typedef {{ name: string, bytes: Uint8Array<ArrayBuffer> }} Given */

const carried = JSON.parse(byId("carried").textContent ?? "");

/** @type {import("./verify/check.js").Site} */
const site = {
  notices: carried.notices,
  logs: carried.logs.map((/** @type {any} */ log) => ({
    origin: log.origin,
    log: log.log.map(parseKey),
    clock: log.clock.map(parseKey),
    receipt: log.receipt.map(parseKey),
    witnesses: log.witnesses.map(parseKey),
  })),
};

/** @type {import("./verify/view.js").Words} */
const words = carried;

const results = byId("results");
const drop = byId("drop");
const chosen = /** @type {HTMLInputElement} */ (byId("file"));
const pasted = /** @type {HTMLTextAreaElement} */ (byId("text"));

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {FileList | undefined} files */
async function checkFiles(files) {
  if (!files?.length) return;
  const given = Array.from(files, async (file) => ({
    name: file.name,
    bytes: new Uint8Array(await file.arrayBuffer()),
  }));
  await checkAll(await Promise.all(given));
}

/** @param {Given[]} given */
async function checkAll(given) {
  const read = given.map(({ name, bytes }) => attempt(name, () => readFile(name, bytes)));
  const evidence = read.flatMap((one) => (one instanceof Node ? [] : one));
  const entries = (await Promise.all(evidence.map(entriesIn))).flat();
  const cards = read.map(async (one) =>
    one instanceof Node ? [one] : Promise.all(one.map((act) => cardOf(act, entries))),
  );
  results.replaceChildren(...(await Promise.all(cards)).flat());
  results.querySelector("h2")?.focus();
}

/** @param {Evidence} evidence */
async function entriesIn(evidence) {
  try {
    return await entriesOf(evidence);
  } catch {
    return []; // Its own card says what is wrong with it.
  }
}

/** @param {Evidence} evidence @param {Uint8Array<ArrayBuffer>[]} others */
async function cardOf(evidence, others) {
  try {
    return resultCard(words, evidence.name, await check(evidence, site, others));
  } catch (error) {
    return faultOf(evidence.name, error);
  }
}

/** @template T @param {string} name @param {() => T} act @returns {T | HTMLElement} */
function attempt(name, act) {
  try {
    return act();
  } catch (error) {
    return faultOf(name, error);
  }
}

/** @param {string} name @param {unknown} error */
function faultOf(name, error) {
  if (!(error instanceof FormatError)) throw error;
  return faultCard(words, name, error.message);
}

/** @param {DragEvent} event @param {boolean} over */
function hover(event, over) {
  event.preventDefault();
  drop.classList.toggle("over", over);
}

async function start() {
  const missing = await missingSupport();
  if (missing) {
    results.replaceChildren(
      element("p", { class: "message", role: "alert" }, say(words, `verify.missing.${missing}`)),
    );
    return;
  }
  byId("tool").hidden = false;
  // Open for whoever needs them: without a script, or with a browser that cannot check.
  for (const part of document.querySelectorAll("details.part")) part.removeAttribute("open");
  chosen.addEventListener("change", async () => {
    await checkFiles(chosen.files ?? undefined);
    chosen.value = ""; // So that the same file can be chosen again.
  });
  for (const type of ["dragenter", "dragover"]) {
    addEventListener(type, (event) => hover(/** @type {DragEvent} */ (event), true));
  }
  addEventListener("dragleave", (event) => hover(event, false));
  addEventListener("drop", (event) => {
    hover(event, false);
    checkFiles(event.dataTransfer?.files);
  });
  byId("check").addEventListener("click", () =>
    checkAll([{ name: say(words, "verify.pasted"), bytes: utf8(`${pasted.value.trim()}\n`) }]),
  );
}

start();
