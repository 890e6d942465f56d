// The log's tree (RFC 6962, 2.1): commitments, leaves, nodes, and whether a path leads to a root.

import { FormatError, base64, equal, join, sha256 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** @typedef {{ origin: string, size: bigint, root: Bytes }} Checkpoint */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {import("./files.js").Opening} opening @returns {Promise<Bytes>} the entry in the log */
export async function commitment({ record, salt }) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", salt, algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, record));
}

/** @param {string} signed the text of a note @returns {Checkpoint} */
export function parseCheckpoint(signed) {
  const [origin = "", size = "", root = "", ...rest] = signed.split("\n");
  if (!origin || !/^(?:0|[1-9][0-9]{0,18})$/.test(size) || rest.join("") !== "") {
    throw new FormatError("damaged");
  }
  const hash = base64(root);
  if (hash.length !== 32) throw new FormatError("damaged");
  return { origin, size: BigInt(size), root: hash };
}

/**
 * Say whether an entry is a leaf of a tree (RFC 9162, 2.1.3.2).
 *
 * @param {Bytes} entry @param {{ index: bigint, path: Bytes[] }} proof @param {Checkpoint} tree
 */
export async function isIncluded(entry, { index, path }, tree) {
  if (index >= tree.size) return false;
  let place = index;
  let last = tree.size - 1n;
  let hash = await sha256(join(LEAF, entry));
  for (const sibling of path) {
    if (last === 0n) return false;
    if (place & 1n || place === last) {
      hash = await sha256(join(NODE, sibling, hash));
      while (!(place & 1n) && place !== 0n) {
        place >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = await sha256(join(NODE, hash, sibling));
    }
    place >>= 1n;
    last >>= 1n;
  }
  return last === 0n && equal(hash, tree.root);
}
