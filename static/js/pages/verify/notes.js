// Signed notes (C2SP signed-note): a text, a blank line, and a line for each signature.

import { FormatError, base64, hex, utf8 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/**
 * @typedef {object} Key
 * @property {string} name who signs with it
 * @property {string} id four bytes in hexadecimal digits, that tell apart keys of one name
 * @property {boolean} dated whether it signs an instant too (C2SP tlog-cosignature)
 * @property {Bytes} raw
 */

/** @typedef {{ name: string, id: string, signature: Bytes }} Signature */

/** @typedef {{ text: string, signatures: Signature[] }} Note */

/** @typedef {{ key: Key, holds: boolean, time: number | null }} Judged a signature of a known key */

const ED25519 = 1;
const DATED = 4;
const DASH = "— ";

/** @param {string} vkey @returns {Key} */
export function parseKey(vkey) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const material = base64(encoded ?? "");
  const type = material[0];
  if (!name || !id || (type !== ED25519 && type !== DATED) || material.length !== 33) {
    throw new FormatError("damaged");
  }
  return { name, id, dated: type === DATED, raw: material.slice(1) };
}

/** @param {string} text @returns {Note} */
export function parseNote(text) {
  const end = text.lastIndexOf("\n\n");
  if (end < 0 || !text.endsWith("\n")) throw new FormatError("damaged");
  const lines = text.slice(end + 2, -1).split("\n");
  return { text: text.slice(0, end + 1), signatures: lines.map(parseSignature) };
}

/** @param {string} line @returns {Signature} */
function parseSignature(line) {
  const [name, encoded, ...more] = line.slice(DASH.length).split(" ");
  if (!line.startsWith(DASH) || !name || !encoded || more.length) throw new FormatError("damaged");
  const blob = base64(encoded);
  if (blob.length <= 4) throw new FormatError("damaged");
  return { name, id: hex(blob.slice(0, 4)), signature: blob.slice(4) };
}

/**
 * Judge the signatures of the keys given; lines of other keys are passed over.
 *
 * @param {Note} note @param {readonly Key[]} keys @returns {Promise<Judged[]>}
 */
export async function judge(note, keys) {
  /** @type {Judged[]} */
  const judged = [];
  for (const { name, id, signature } of note.signatures) {
    const key = keys.find((one) => one.name === name && one.id === id);
    if (key) judged.push(await judgeOne(note.text, key, signature));
  }
  return judged;
}

/** @param {string} text @param {Key} key @param {Bytes} blob @returns {Promise<Judged>} */
async function judgeOne(text, key, blob) {
  if (!key.dated) return { key, holds: await isSigned(key, blob, text), time: null };
  if (blob.length !== 72) return { key, holds: false, time: null };
  const seconds = new DataView(blob.buffer, blob.byteOffset).getBigUint64(0);
  const message = `cosignature/v1\ntime ${seconds}\n${text}`;
  return { key, holds: await isSigned(key, blob.slice(8), message), time: Number(seconds) };
}

/** @param {Key} key @param {Bytes} signature @param {string} message */
async function isSigned(key, signature, message) {
  const imported = await crypto.subtle.importKey("raw", key.raw, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, signature, utf8(message));
}

/** Say what this browser lacks: a "secure" connection, or signatures of the kind "ed25519". */
export async function missingSupport() {
  if (!globalThis.crypto?.subtle) return "secure";
  try {
    // The base point of the curve, which is a key like any other.
    const raw = new Uint8Array(32).fill(0x66);
    raw[0] = 0x58;
    await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
    return null;
  } catch {
    return "ed25519";
  }
}
