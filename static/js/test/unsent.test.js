import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import {
  answerOf,
  dropAct,
  isStanding,
  keepAct,
  loadAct,
  randomId,
  spellChoices,
} from "../src/unsent.js";

const NOW = Date.parse("2026-11-22T12:00:00Z");
const DAY = 864e5;
const act = {
  submission_id: "5e9a2ab0-3fd6-4b8e-8d5f-6a1d5f5b7c11",
  notice_token: "token",
  control: "refuse_all",
  layer: "banner",
  choices: { functional: true, ads: false },
  at: NOW,
  seen: "old",
  scope: "4bf92f3577b34da6",
};

/** Give the module a localStorage for one test. */
function withStorage(storage) {
  globalThis.localStorage = storage;
}
afterEach(() => delete globalThis.localStorage);

function memory() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
    kept,
  };
}

test("an act stands for thirty days while the cookie is as it was", () => {
  assert.equal(isStanding(act, "old", NOW + 30 * DAY), true);
  assert.equal(isStanding(act, "old", NOW + 30 * DAY + 1), false);
  assert.equal(isStanding({ ...act, seen: "" }, "", NOW), true);
  // Stamped by a clock that was far ahead: it would stand for years.
  assert.equal(isStanding({ ...act, at: NOW + 31 * DAY }, "old", NOW), false);
});

test("a later choice made elsewhere ends an act", () => {
  assert.equal(isStanding(act, "new", NOW), false);
  assert.equal(isStanding(act, "", NOW), false);
});

test("the answer to the act it replaces does not end an act", () => {
  const second = { ...act, replaces: "functional-1_ads-1" };
  assert.equal(isStanding(second, "1.k.s.functional-1_ads-1.20261122.20270521.x", NOW), true);
  assert.equal(isStanding(second, "1.k.s.functional-0_ads-1.20261122.20270521.x", NOW), false);
  assert.equal(isStanding({ ...act, replaces: "" }, "1.k.s..x", NOW), false);
});

test("choices are spelt as in the cookie", () => {
  assert.equal(spellChoices({ functional: true, ads: false }), "functional-1_ads-0");
});

test("an act gives an answer for as long as its kind counts", () => {
  const days = [365, 180];
  const site = { days, day: "2026-11-22" };
  assert.deepEqual(answerOf(act, site, NOW), {
    scope: act.scope,
    choices: act.choices,
    decidedOn: "2026-11-22",
    validUntil: "2027-05-21",
  });
  const refusal = { ...act, choices: { functional: false, ads: false } };
  assert.equal(answerOf(refusal, site, NOW).validUntil, "2027-11-22");
  // By a clock that is years behind, and by one that was ahead at the act.
  const early = Date.parse("2019-01-01T00:00:00Z");
  assert.equal(answerOf({ ...act, at: early }, site, early).decidedOn, "2026-11-22");
  assert.equal(answerOf({ ...act, at: NOW + 9 * DAY }, site, NOW).decidedOn, "2026-11-22");
});

test("ids are random version 4 UUIDs", () => {
  const ids = new Set(Array.from({ length: 500 }, randomId));
  assert.equal(ids.size, 500);
  for (const id of ids) {
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
});

test("an act is kept, found again and dropped", () => {
  withStorage(memory());
  assert.equal(loadAct(), null);
  assert.equal(keepAct(act), true);
  assert.deepEqual(loadAct(), act);
  dropAct(act);
  assert.equal(loadAct(), null);
});

test("a newer act of another tab is not dropped with ours", () => {
  withStorage(memory());
  const newer = { ...act, submission_id: "another" };
  keepAct(newer);
  dropAct(act);
  assert.deepEqual(loadAct(), newer);
});

test("blocked storage is an empty one, and says so", () => {
  const blocked = () => {
    throw new DOMException("The operation is insecure.", "SecurityError");
  };
  withStorage({ getItem: blocked, setItem: blocked, removeItem: blocked });
  assert.equal(loadAct(), null);
  assert.equal(keepAct(act), false);
  dropAct(act);
});

test("what is not an act of ours is ignored", () => {
  for (const stored of [null, "", "null", "1", '"text"', "[]", "{}", "{not json"]) {
    withStorage({ getItem: () => stored });
    assert.equal(loadAct(), null, String(stored));
  }
});
