import assert from "node:assert/strict";
import { test } from "node:test";
import { FormatError, base64, equal, hex, join, sha256, utf8 } from "../pages/verify/bytes.js";
import { check, entriesOf } from "../pages/verify/check.js";
import { parseProof, readFile } from "../pages/verify/files.js";
import { missingSupport, parseKey, parseNote } from "../pages/verify/notes.js";
import { canonical, findNotice, patched } from "../pages/verify/notices.js";
import { commitment, isIncluded } from "../pages/verify/tree.js";

// The vector of the log's format, which Go's x/mod accepts as well.
const ORIGIN = "consent.example/shop/1";
const LOG_KEY = `${ORIGIN}+91e8ebb2+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs`;
const CLOCK_KEY = `${ORIGIN}/clock+d34570bb+BBOY9ixtGkV8UbpqS189vS9p/KkyFiGNyJl+QWvRfZPK`;
const RECORD =
  '{"action":"update","at":1763812345678,"choices":{"analytics":false,"necessary":true},' +
  '"id":"01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f","type":"consent","v":1}';
const ENTRY = "a581e482379d8c94d75ee501173c3669bb981dff3b99a68b1367018cb26071e4";
const CHECKPOINT = `${ORIGIN}
1
li/QaH01fscHEoqxAxvPO6U2P4GVHGBKreQvKJabUqU=

— ${ORIGIN} kejrssttlZwCw1BaqU3t6k0hETFXcjNMfAaHA6Abn6BQOg1UyRZLebOV9k1ZAMMWC2I9rgWQ9LLV4qs0On/jxsb5xAo=
— ${ORIGIN}/clock 00VwuwAAAABpIaP6AsPZKjh8IqycwiPN2BVnWWaEoCfY5+Mb55D2+M0HadVHuYnwz3zsVVxKPcWemoKmXpGi5/Xt8+pzO10SxQZPBQ==
`;
const SALT = Uint8Array.from({ length: 64 }, (_, place) => place);
const OPENING = { record: utf8(RECORD), salt: SALT };
const CLOCK_TIME = 1763812346000;

const encode = (bytes) => Buffer.from(bytes).toString("base64");
const EXTRA = encode(join(Uint8Array.of(1), SALT, utf8(RECORD)));
const PROOF = `c2sp.org/tlog-proof@v1\nextra ${EXTRA}\nindex 0\n\n${CHECKPOINT}`;
const BARE = PROOF.replace(/extra .*\n/, "");

const SITE = {
  notices: [],
  logs: [
    {
      origin: ORIGIN,
      log: [parseKey(LOG_KEY)],
      clock: [parseKey(CLOCK_KEY)],
      receipt: [],
      witnesses: [],
    },
  ],
};

const read = (content, name = "a file") => readFile(name, utf8(content));
const checkFirst = (content, site = SITE) => check(read(content)[0], site);
const outcome = ({ verdict, steps }) => [verdict, steps.map((one) => [one.key, one.holds])];

/** A key made here, and what signs notes with it. */
async function signerOf(name) {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const material = join(Uint8Array.of(1), raw);
  const id = (await sha256(join(utf8(`${name}\n`), material))).slice(0, 4);
  const sign = async (text) => {
    const signature = await crypto.subtle.sign("Ed25519", pair.privateKey, utf8(text));
    return `${text}\n— ${name} ${encode(join(id, new Uint8Array(signature)))}\n`;
  };
  return { sign, key: parseKey(`${name}+${hex(id)}+${encode(material)}`) };
}

const SIGNER = await signerOf(`${ORIGIN}/receipt`);
const RECEIPT_TEXT = `consent-receipt/v1
${ORIGIN}
record 01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f
entry ${encode(Buffer.from(ENTRY, "hex"))}
received 1763812345678
merge-by 1763812406
`;
const RECEIPT = await SIGNER.sign(RECEIPT_TEXT);
const WITH_RECEIPTS = { ...SITE, logs: [{ ...SITE.logs[0], receipt: [SIGNER.key] }] };
const stored = (changes = {}) =>
  JSON.stringify({ receipt: RECEIPT, opening: { record: RECORD, salt: encode(SALT) }, ...changes });

test("this engine has what the page needs", async () => {
  assert.equal(await missingSupport(), null);
});

test("a record opens its entry", async () => {
  assert.equal(hex(await commitment(OPENING)), ENTRY);
});

test("a proof shows that its record is in the signed log, and when", async () => {
  const result = await checkFirst(PROOF);
  assert.deepEqual(outcome(result), [
    "proven",
    [["checkpoint", true], ["included", true], ["time", true]],
  ]);
  assert.equal(result.steps[2].values.date, CLOCK_TIME);
  assert.equal(result.record.id, "01928c3e-6b1d-7c3a-9f0e-3f6b1c2d4e5f");
  assert.equal(result.verbatim, RECORD);
});

test("every changed byte of a proof is noticed", async () => {
  const bytes = utf8(PROOF);
  const clockLine = bytes.length - utf8(`${CHECKPOINT.split("\n").at(-2)}\n`).length;
  for (let place = 0; place < bytes.length; place++) {
    const changed = bytes.slice();
    changed[place] ^= 1;
    let verdict = "unread";
    try {
      verdict = (await check(readFile("x", changed)[0], SITE)).verdict;
    } catch (error) {
        assert.ok(error instanceof FormatError);
    }
    // What names a clock line of nobody's is passed over, like any line of an unknown key.
    assert.ok(verdict !== "proven" || place >= clockLine, `byte ${place}`);
  }
});

test("a receipt is a promise, and names what was promised", async () => {
  const result = await checkFirst(RECEIPT, WITH_RECEIPTS);
  assert.deepEqual(outcome(result), ["promised", [["receipt", true]]]);
  assert.equal(result.steps[0].values.by, 1763812406000);
  assert.equal(result.record, null);
});

test("what comes with a receipt must open the entry it promises", async () => {
  const genuine = await checkFirst(stored(), WITH_RECEIPTS);
  assert.deepEqual(outcome(genuine), ["promised", [["receipt", true], ["opening", true]]]);
  const record = RECORD.replace("false", "true");
  const forged = stored({ opening: { record, salt: encode(SALT) } });
  const result = await checkFirst(forged, WITH_RECEIPTS);
  assert.deepEqual(outcome(result), ["wrong", [["receipt", true], ["opening", false]]]);
});

test("a receipt with another text is forged", async () => {
  const forged = RECEIPT.replace("received 1763812345678", "received 1763812345679");
  assert.equal((await checkFirst(forged, WITH_RECEIPTS)).verdict, "wrong");
});

test("all acts of a file are checked, each with its own proof", async () => {
  const events = [JSON.parse(stored()), JSON.parse(stored({ proof: PROOF }))];
  const acts = read(JSON.stringify({ events }));
  const results = await Promise.all(acts.map((one) => check(one, WITH_RECEIPTS)));
  assert.deepEqual(results.map((one) => one.verdict), ["promised", "proven"]);
});

test("a receipt of one record does not go with the proof of another", async () => {
  const entry = `entry ${encode(new Uint8Array(32))}`;
  const other = await SIGNER.sign(RECEIPT_TEXT.replace(/entry .*/, entry));
  const result = await checkFirst(stored({ receipt: other, proof: PROOF }), WITH_RECEIPTS);
  assert.equal(result.verdict, "wrong");
});

test("a proof without its record needs the receipt beside it", async () => {
  const bare = read(BARE)[0];
  const alone = outcome(await check(bare, SITE));
  assert.deepEqual(alone, ["foreign", [["checkpoint", true], ["bare", null]]]);
  const others = await entriesOf(read(RECEIPT)[0]);
  assert.equal((await check(bare, SITE, others)).verdict, "proven");
  assert.equal((await check(bare, SITE, [new Uint8Array(32)])).verdict, "wrong");
});

test("what another service signed is told apart from what is wrong", async () => {
  const elsewhere = { ...SITE, logs: [] };
  assert.equal((await checkFirst(PROOF, elsewhere)).verdict, "foreign");
  assert.equal((await checkFirst(RECEIPT, elsewhere)).verdict, "foreign");
});

test("a record from after the time of its checkpoint is wrong", async () => {
  const [evidence] = read(PROOF);
  const late = RECORD.replace("1763812345678", `${CLOCK_TIME + 301_000}`);
  const result = await check({ ...evidence, opening: { record: utf8(late), salt: SALT } }, SITE);
  assert.deepEqual(result.steps.find((one) => one.key === "time").holds, false);
});

test("lines of unknown keys are passed over, bad lines of known keys are not", async () => {
  const grease = `${PROOF}— grease.example 00000000${"A".repeat(80)}\n`;
  assert.equal((await checkFirst(grease)).verdict, "proven");
  const twice = PROOF + PROOF.split("\n").at(-3).replace("kejrsstt", "kejrssAA") + "\n";
  assert.equal((await checkFirst(twice)).verdict, "wrong");
});

for (const [name, content] of Object.entries({
  "nothing": "",
  "a picture": "\u0089PNG",
  "another JSON": '{"a": 1}',
  "an empty history": '{"events": []}',
  "a proof with a number that has zeros before it": PROOF.replace("index 0", "index 00"),
  "a proof without a blank line": PROOF.replaceAll("\n\n", "\n"),
  "a proof whose hash is too short": BARE.replace("index 0\n", "index 0\nAAAA\n"),
  "a proof whose extra data is of another kind": PROOF.replace("extra AQ", "extra Ag"),
  "a salt that is too short": stored({ opening: { record: RECORD, salt: "AAAA" } }),
})) {
  test(`${name} is not read`, () => {
    assert.throws(() => read(content), FormatError);
  });
}

test("base64 has one spelling", () => {
  assert.throws(() => base64("QUI=="));
  assert.throws(() => base64("QUJ="));
  assert.throws(() => base64("QUI"));
  assert.ok(equal(base64("QUI="), utf8("AB")));
});

test("a note needs its blank line and its dashes", () => {
  for (const content of ["a\n", "a\n\n- k AAAAAAA=\n", "a\n\n— k\n", "a\n\n— k AAAAAAA="]) {
    assert.throws(() => parseNote(content), content);
  }
});

test("paths of every leaf of small trees lead to the root, and no other leaf's does", async () => {
  const node = async (left, right) => sha256(join(Uint8Array.of(1), left, right));
  const build = async (leaves) => {
    if (leaves.length === 1) return { root: leaves[0], paths: [[]] };
    const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
    const [left, right] = [await build(leaves.slice(0, split)), await build(leaves.slice(split))];
    return {
      root: await node(left.root, right.root),
      paths: [
        ...left.paths.map((path) => [...path, right.root]),
        ...right.paths.map((path) => [...path, left.root]),
      ],
    };
  };
  for (let size = 1; size <= 20; size++) {
    const entries = Array.from({ length: size }, (_, one) => new Uint8Array(32).fill(one));
    const leaves = await Promise.all(entries.map((one) => sha256(join(Uint8Array.of(0), one))));
    const { root, paths } = await build(leaves);
    const tree = { origin: ORIGIN, size: BigInt(size), root };
    for (let place = 0; place < size; place++) {
      const proof = { index: BigInt(place), path: paths[place] };
      assert.ok(await isIncluded(entries[place], proof, tree), `${place} of ${size}`);
      const wrong = { index: BigInt((place + 1) % (size + 1)), path: paths[place] };
      assert.ok(!(await isIncluded(entries[place], wrong, tree)), `${place} of ${size} elsewhere`);
      const longer = { index: BigInt(place), path: [...paths[place], root] };
      assert.ok(!(await isIncluded(entries[place], longer, tree)));
    }
  }
});

test("a notice is the one whose digest the record names, or none", async () => {
  const first = { b: ["é", 1, true, null], a: { y: "1", x: "2" } };
  const second = { a: { x: "2", z: { n: "\u001f\"\\\u2028" } } };
  const digest = async (value) => hex(await sha256(utf8(canonical(value))));
  assert.equal(canonical(first), '{"a":{"x":"2","y":"1"},"b":["é",1,true,null]}');
  const patch = { b: null, a: { y: null, z: second.a.z } };
  const published = [
    { hash: await digest(first), published: "1 May", document: first },
    { hash: await digest(second), published: "2 May", patch },
  ];
  const found = await findNotice(published, published[1].hash);
  assert.deepEqual(found, { document: second, published: "2 May" });
  assert.equal(await findNotice(published, "0".repeat(64)), null);
  const forged = [{ ...published[0], document: { ...first, b: [] } }];
  assert.equal(await findNotice(forged, published[0].hash), null);
});

test("a patch adds, changes and takes away", () => {
  assert.deepEqual(patched({ a: "b", c: { d: "e", f: "g" } }, { a: "z", c: { f: null } }), {
    a: "z",
    c: { d: "e" },
  });
  assert.deepEqual(patched({ a: [1, 2] }, { a: [1] }), { a: [1] });
});

test("a proof names its place", () => {
  const last = PROOF.replace("index 0", "index 9223372036854775807");
  assert.equal(parseProof(last).index, 2n ** 63n - 1n);
});
