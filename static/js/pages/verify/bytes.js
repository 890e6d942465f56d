// Bytes and their spellings. Each value has one spelling only: what has another is refused.

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */

/** What a file is not, in a word that the page has a sentence for. */
export class FormatError extends Error {}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @param {string} text @returns {Bytes} */
export const utf8 = (text) => new TextEncoder().encode(text);

/** @param {Bytes} bytes @returns {string} */
export function text(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormatError("unknown");
  }
}

/** @param {string} encoded @returns {Bytes} */
export function base64(encoded) {
  if (!BASE64.test(encoded)) throw new FormatError("damaged");
  const binary = atob(encoded);
  if (btoa(binary) !== encoded) throw new FormatError("damaged");
  return Uint8Array.from(binary, (one) => one.charCodeAt(0));
}

/** @param {Bytes} bytes */
export const hex = (bytes) =>
  Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");

/** @param {Bytes[]} parts @returns {Bytes} */
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((length, one) => length + one.length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/** @param {Bytes} one @param {Bytes} other */
export const equal = (one, other) =>
  one.length === other.length && one.every((byte, place) => byte === other[place]);

/** @param {Bytes} bytes @returns {Promise<Bytes>} */
export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
