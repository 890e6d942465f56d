// What a visitor may drop: a receipt, the JSON that comes with it, or a proof from the log.

import { FormatError, base64, text, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** @typedef {{ record: Bytes, salt: Bytes }} Opening */

/** @typedef {{ index: bigint, path: Bytes[], checkpoint: string, opening: Opening | null }} Proof */

/**
 * @typedef {object} Evidence what one file, or one act in it, has to show
 * @property {string} name of the file
 * @property {string | null} receipt
 * @property {Opening | null} opening
 * @property {Proof | null} proof
 */

const PROOF = "c2sp.org/tlog-proof@v1\n";
const RECEIPT = "consent-receipt/v1\n";
const NUMBER = /^(?:0|[1-9][0-9]{0,18})$/;
const LARGEST = 4 * 1024 * 1024;

/** @param {string} name @param {Bytes} bytes @returns {Evidence[]} */
export function readFile(name, bytes) {
  if (bytes.length > LARGEST) throw new FormatError("size");
  const content = text(bytes);
  if (content.startsWith(PROOF)) {
    const proof = parseProof(content);
    return [{ name, receipt: null, opening: proof.opening, proof }];
  }
  if (content.startsWith(RECEIPT)) {
    return [{ name, receipt: content, opening: null, proof: null }];
  }
  return readJson(name, content);
}

/** @param {string} name @param {string} content @returns {Evidence[]} */
function readJson(name, content) {
  const value = parseJson(content);
  const acts = Array.isArray(value?.events) ? value.events : [value];
  const found = acts.map((/** @type {any} */ act) => evidenceOf(name, act));
  if (!found.length || found.some((/** @type {Evidence} */ one) => !one.receipt && !one.proof)) {
    throw new FormatError("unknown");
  }
  return found;
}

/** @param {string} content @returns {any} */
function parseJson(content) {
  try {
    return JSON.parse(content);
  } catch {
    throw new FormatError("unknown");
  }
}

/** @param {string} name @param {any} act @returns {Evidence} */
function evidenceOf(name, act) {
  const proof = typeof act?.proof === "string" ? parseProof(act.proof) : null;
  const given = act?.opening;
  const opened = typeof given?.record === "string" && typeof given?.salt === "string";
  return {
    name,
    receipt: typeof act?.receipt === "string" ? act.receipt : null,
    opening: opened ? openingOf(utf8(given.record), base64(given.salt)) : (proof?.opening ?? null),
    proof,
  };
}

/** @param {Bytes} record @param {Bytes} salt @returns {Opening} */
function openingOf(record, salt) {
  if (salt.length !== 64) throw new FormatError("damaged");
  return { record, salt };
}

/** Read a proof in the form of C2SP tlog-proof. @param {string} content @returns {Proof} */
export function parseProof(content) {
  const end = content.indexOf("\n\n");
  if (!content.startsWith(PROOF) || end < 0) throw new FormatError("damaged");
  const lines = content.slice(PROOF.length, end).split("\n");
  const extra = lines[0]?.startsWith("extra ") ? base64((lines.shift() ?? "").slice(6)) : null;
  const index = lines.shift()?.replace(/^index /, "") ?? "";
  if (!NUMBER.test(index)) throw new FormatError("damaged");
  const path = lines.map(base64);
  if (path.length > 63 || path.some((hash) => hash.length !== 32)) throw new FormatError("damaged");
  return {
    index: BigInt(index),
    path,
    checkpoint: content.slice(end + 2),
    opening: extra && openingIn(extra),
  };
}

/** @param {Bytes} extra @returns {Opening} */
function openingIn(extra) {
  if (extra[0] !== 1 || extra.length <= 65) throw new FormatError("damaged");
  return openingOf(extra.slice(65), extra.slice(1, 65));
}

/**
 * @typedef {object} Receipt
 * @property {string} origin
 * @property {string} record its id
 * @property {Bytes} entry
 * @property {number} received in milliseconds
 * @property {number} mergeBy in seconds
 */

const RECEIPT_TEXT = new RegExp(
  "^consent-receipt/v1\\n([^\\s+]+)\\nrecord ([0-9a-f-]{36})\\nentry ([A-Za-z0-9+/]{43}=)\\n" +
    "received ([0-9]{1,16})\\nmerge-by ([0-9]{1,13})\\n$",
);

/** @param {string} signed the text of a note @returns {Receipt} */
export function parseReceipt(signed) {
  const found = RECEIPT_TEXT.exec(signed) ?? [];
  const [, origin = "", record = "", entry = "", received, mergeBy] = found;
  if (!origin) throw new FormatError("damaged");
  return {
    origin,
    record,
    entry: base64(entry),
    received: Number(received),
    mergeBy: Number(mergeBy),
  };
}
