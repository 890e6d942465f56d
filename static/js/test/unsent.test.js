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

import { give, stopClock } from "./config.js";

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

/** Whether an act stands at a time. */
function stands(t, given, cookie, time = NOW) {
  give({ SERVED: new Date(time).toISOString().slice(0, 10) });
  stopClock(t, time);
  const isSo = isStanding(given, cookie);
  t.mock.timers.reset();
  return isSo;
}

test("an act stands for thirty days while the cookie is as it was", (t) => {
  assert.equal(stands(t, act, "old", NOW + 30 * DAY), true);
  assert.equal(stands(t, act, "old", NOW + 30 * DAY + 1), false);
  assert.equal(stands(t, { ...act, seen: "" }, ""), true);
  // Stamped by a clock that was far ahead: it would stand for years.
  assert.equal(stands(t, { ...act, at: NOW + 31 * DAY }, "old"), false);
});

test("a later choice made elsewhere ends an act", (t) => {
  assert.equal(stands(t, act, "new"), false);
  assert.equal(stands(t, act, ""), false);
});

test("the answer to the act it replaces does not end an act", (t) => {
  const second = { ...act, replaces: "functional-1_ads-1" };
  assert.equal(stands(t, second, "1.k.s.functional-1_ads-1.20261122.20270521.x"), true);
  assert.equal(stands(t, second, "1.k.s.functional-0_ads-1.20261122.20270521.x"), false);
  assert.equal(stands(t, { ...act, replaces: "" }, "1.k.s.ads-1.20261122.20270521.x"), false);
});

test("choices are spelt as in the cookie", () => {
  assert.equal(spellChoices({ functional: true, ads: false }), "functional-1_ads-0");
});

test("an act gives an answer for as long as its kind counts", (t) => {
  give({ DAYS: [365, 180] });
  stopClock(t, NOW);
  assert.deepEqual(answerOf(act), [act.scope, act.choices, "2026-11-22", "2027-05-21"]);
  const refusal = { ...act, choices: { functional: false, ads: false } };
  assert.equal(answerOf(refusal)[3], "2027-11-22");
  // By a clock that was ahead at the act.
  assert.equal(answerOf({ ...act, at: NOW + 9 * DAY })[2], "2026-11-22");
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
  assert.equal(loadAct(), undefined);
  assert.equal(keepAct(act), true);
  assert.deepEqual(loadAct(), act);
  dropAct(act);
  assert.equal(loadAct(), undefined);
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
  assert.equal(loadAct(), undefined);
  assert.equal(keepAct(act), false);
  dropAct(act);
});

test("what is not an act of ours is ignored", () => {
  for (const stored of [null, "", "null", "1", '"text"', "[]", "{}", "{not json"]) {
    withStorage({ getItem: () => stored });
    assert.equal(loadAct(), undefined, String(stored));
  }
});
