// The whole check of one act: signatures, commitment, place in the log, and the text shown.

import { FormatError, equal, text } from "./bytes.js";
import { parseReceipt } from "./files.js";
import { judge, parseNote } from "./notes.js";
import { findNotice } from "./notices.js";
import { commitment, isIncluded, parseCheckpoint } from "./tree.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./files.js").Evidence} Evidence */
/** @typedef {import("./notes.js").Key} Key */

/** @typedef {{ origin: string, log: Key[], clock: Key[], receipt: Key[], witnesses: Key[] }} Log */

/** @typedef {import("./notes.js").Judged} Judged */

/** @typedef {{ logs: Log[], notices: import("./notices.js").Published[] }} Site what is carried */

/**
 * @typedef {object} Step one check
 * @property {string} key of its sentence
 * @property {boolean | null} holds null: it could not be made, or it only tells something
 * @property {Record<string, string | number>} [values]
 */

/**
 * @typedef {object} Result
 * @property {"proven" | "promised" | "wrong" | "foreign"} verdict
 * @property {Step[]} steps
 * @property {Record<string, any> | null} record
 * @property {string | null} verbatim the record as it was stored
 * @property {{ document: import("./notices.js").Document, published: string } | null} notice
 */

/** A record may be as much later than the log's clock, whose times are whole seconds. */
const SKEW_SECONDS = 300;

/**
 * Check what a file has to show; throws a FormatError when its parts cannot be read.
 *
 * @param {Evidence} evidence @param {Site} site @param {readonly Bytes[]} [others] entries of other
 * files, for a proof that leaves its record out
 * @returns {Promise<Result>}
 */
export async function check(evidence, site, others = []) {
  /** @type {Step[]} */
  const steps = [];
  const opened = evidence.opening && (await commitment(evidence.opening));
  const record = evidence.opening && recordIn(evidence.opening.record);
  const promised = evidence.receipt && (await checkReceipt(evidence.receipt, site, steps));
  if (promised && opened) {
    const fits =
      equal(opened, promised.entry) &&
      record?.id === promised.record &&
      record?.at === promised.received;
    steps.push({ key: "opening", holds: fits });
  }
  const entries = opened ? [opened] : promised ? [promised.entry] : [...others];
  if (evidence.proof) await checkProof(evidence.proof, entries, record, site, steps);
  const notice = record?.notice ? await findNotice(site.notices, record.notice) : null;
  if (notice) steps.push({ key: "notice", holds: true });
  else if (record?.notice) steps.push({ key: "notice_missing", holds: null });
  return {
    verdict: verdictOf(steps),
    steps,
    record,
    verbatim: evidence.opening && text(evidence.opening.record),
    notice,
  };
}

/**
 * Return the entries that a file names itself.
 *
 * @param {Evidence} evidence @returns {Promise<Bytes[]>}
 */
export async function entriesOf({ opening, receipt }) {
  if (opening) return [await commitment(opening)];
  return receipt ? [parseReceipt(parseNote(receipt).text).entry] : [];
}

/** @param {Bytes} bytes @returns {Record<string, any>} */
function recordIn(bytes) {
  try {
    const record = JSON.parse(text(bytes));
    if (typeof record === "object" && record !== null) return record;
  } catch {
    // Told below.
  }
  throw new FormatError("damaged");
}

/** @param {string} receipt @param {Site} site @param {Step[]} steps */
async function checkReceipt(receipt, site, steps) {
  const note = parseNote(receipt);
  const promised = parseReceipt(note.text);
  const log = site.logs.find((one) => one.origin === promised.origin);
  const judged = await judge(note, log?.receipt ?? []);
  const values = { date: promised.received, by: promised.mergeBy * 1000, id: promised.record };
  steps.push({ key: judged.length ? "receipt" : "foreign", holds: judgement(judged), values });
  return promised;
}

/**
 * @param {import("./files.js").Proof} proof @param {Bytes[]} entries
 * @param {Record<string, any> | null} record @param {Site} site @param {Step[]} steps
 */
async function checkProof(proof, entries, record, site, steps) {
  const note = parseNote(proof.checkpoint);
  const tree = parseCheckpoint(note.text);
  const log = site.logs.find((one) => one.origin === tree.origin);
  const signed = await judge(note, log?.log ?? []);
  steps.push({ key: signed.length ? "checkpoint" : "foreign", holds: judgement(signed) });
  if (!entries.length) {
    steps.push({ key: "bare", holds: null });
    return;
  }
  const places = await Promise.all(entries.map((entry) => isIncluded(entry, proof, tree)));
  const values = { place: `${proof.index + 1n}`, size: `${tree.size}` };
  steps.push({ key: "included", holds: places.includes(true), values });
  checkTime(await judge(note, log?.clock ?? []), record, steps);
  tellWitnesses(await judge(note, log?.witnesses ?? []), steps);
}

/** @param {Judged[]} clocks @param {Record<string, any> | null} record @param {Step[]} steps */
function checkTime(clocks, record, steps) {
  const times = clocks.flatMap((one) => (one.time === null ? [] : [one.time]));
  if (!times.length) return;
  const date = Math.max(...times) * 1000;
  const isLater = typeof record?.at === "number" && record.at > date + SKEW_SECONDS * 1000;
  steps.push({ key: "time", holds: judgement(clocks) && !isLater, values: { date } });
}

/** @param {Judged[]} witnesses @param {Step[]} steps */
function tellWitnesses(witnesses, steps) {
  const names = witnesses.map((one) => one.key.name).join(", ");
  if (names) steps.push({ key: "witnesses", holds: judgement(witnesses), values: { names } });
}

/** @param {Judged[]} judged @returns {boolean | null} null: no key is known */
const judgement = (judged) => (judged.length ? judged.every((one) => one.holds) : null);

/** @param {Step[]} steps @returns {Result["verdict"]} */
function verdictOf(steps) {
  if (steps.some((one) => one.holds === false)) return "wrong";
  const holding = new Set(steps.filter((one) => one.holds).map((one) => one.key));
  if (holding.has("checkpoint") && holding.has("included")) return "proven";
  return holding.has("receipt") ? "promised" : "foreign";
}
