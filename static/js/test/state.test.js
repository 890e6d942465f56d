import assert from "node:assert/strict";
import { test } from "node:test";
import { config } from "../src/config.js";
import { choicesFor, isAsked, needsBanner, now, standingOf } from "../src/state.js";
import { give, signal, stopClock } from "./config.js";

const NOW = Date.parse("2026-11-22T23:30:00Z");
const SCOPE = "4bf92f3577b34da6";
const EARLIER = "aaaaaaaaaaaaaaaa";
const FUNCTIONAL = ["functional", "Functional", ""];
const ADS = ["ads", "Ads", "", 1];
const NOTICE = { SCOPE, EARLIER: { [EARLIER]: ["ads"] }, CATEGORIES: [FUNCTIONAL, ADS] };
const answer = {
  scope: SCOPE,
  choices: { functional: true, ads: false },
  decidedOn: "2026-11-01",
  validUntil: "2027-04-30",
};
const open = { status: "undecided", answers: {}, decidedOn: null, validUntil: null };

/** What an answer is worth, by name; the last place tells of an unknown scope. */
function standing(t, given, time = NOW, notice = NOTICE) {
  give(notice);
  stopClock(t, time);
  const [status, answers, decidedOn, validUntil, isOutdated] = standingOf(
    given && [given.scope, given.choices, given.decidedOn, given.validUntil],
  );
  t.mock.timers.reset();
  return { status, answers, decidedOn, validUntil, ...(isOutdated && { isOutdated }) };
}

test("an answer under the scope in force decides", (t) => {
  assert.deepEqual(standing(t, answer), {
    status: "decided",
    answers: { functional: true, ads: false },
    decidedOn: "2026-11-01",
    validUntil: "2027-04-30",
  });
});

test("no answer leaves everything to be asked", (t) => {
  assert.deepEqual(standing(t, undefined), open);
});

test("an answer counts to the end of its last day and no longer", (t) => {
  const last = { ...answer, validUntil: "2026-11-22" };
  assert.equal(standing(t, last).status, "decided");
  assert.deepEqual(standing(t, last, NOW + 36e5), open);
});

test("a day behind the server's clock is forgiven, a date from the future is not", (t) => {
  assert.equal(standing(t, { ...answer, decidedOn: "2026-11-23" }).status, "decided");
  assert.deepEqual(standing(t, { ...answer, decidedOn: "2026-11-24" }), open);
});

test("after a change only the changed categories are asked again", (t) => {
  const granted = { ...answer, scope: EARLIER, choices: { functional: true, ads: true } };
  assert.deepEqual(standing(t, granted), {
    status: "renewal_needed",
    answers: { functional: true },
    decidedOn: "2026-11-01",
    validUntil: "2027-04-30",
  });
});

test("a category that is new since an answer is asked", (t) => {
  const old = { ...answer, scope: EARLIER, choices: { functional: false, statistics: true } };
  const { answers, status } = standing(t, old, NOW, { ...NOTICE, EARLIER: { [EARLIER]: [] } });
  assert.deepEqual([FUNCTIONAL, ADS].map((category) => isAsked(answers, category)), [false, true]);
  assert.equal(status, "renewal_needed");
});

test("an answer under an unknown scope counts for nothing, and is noticed", (t) => {
  const newer = { ...answer, scope: "bbbbbbbbbbbbbbbb" };
  assert.deepEqual(standing(t, newer), { ...open, isOutdated: true });
});

test("a notice without categories is decided from the start", (t) => {
  assert.equal(standing(t, undefined, NOW, { ...NOTICE, CATEGORIES: [] }).status, "decided");
});

test("paths become addresses of the page's own origin, whatever its <base> says", () => {
  give({ API: "/api", PREFERENCES: "/p", POLICY: "https://a.test/b", PRIVACY: "/privacy" });
  assert.deepEqual(config.slice(0, 4), [
    "https://o.test/api",
    "https://o.test/p",
    "https://a.test/b",
    "https://o.test/privacy",
  ]);
});

for (const [name, time, expected] of [
  ["right", "2026-11-22T13:00Z", "2026-11-22T13:00Z"],
  ["right, with an old copy", "2026-11-29T13:00Z", "2026-11-29T13:00Z"],
  ["behind", "2019-01-01T00:00Z", "2026-11-22T00:00Z"],
  ["ahead", "2031-01-01T00:00Z", "2026-11-30T00:00Z"],
]) {
  test(`a clock that is ${name}`, (t) => {
    give();
    stopClock(t, Date.parse(time));
    assert.equal(now(), Date.parse(expected));
  });
}

/** The same under a signal of the browser, or without one. */
function met(isSent) {
  signal(isSent);
  give(NOTICE);
}

test("what the signal refuses needs no banner of its own", () => {
  met(true);
  assert.equal(needsBanner({ functional: false }), false);
  assert.equal(needsBanner({}), true);
  assert.equal(needsBanner({ functional: false, ads: false }), false);
  met(false);
  assert.equal(needsBanner({ functional: false }), true);
});
for (const [name, isSent, answers, control, layer, wanted, expected] of [
  ["accept all", false, {}, "accept_all", "banner", [], [true, true]],
  ["refuse all", false, {}, "refuse_all", "banner", [], [false, false]],
  ["accept all under the signal", true, {}, "accept_all", "banner", [], [true, false]],
  ["accept all in the dialog under the signal", true, { functional: false, ads: true }, "accept_all", "dialog", [], [true, false]],
  ["accept all speaks for what is asked", false, { functional: false }, "accept_all", "banner", [], [false, true]],
  ["refuse all speaks for what is asked", false, { functional: true }, "refuse_all", "banner", [], [true, false]],
  ["a saved grant outlives the signal", true, { ads: true }, "accept_all", "banner", [], [true, true]],
  ["the dialog speaks for all", false, { functional: false }, "accept_all", "dialog", [], [true, true]],
  ["refuse all in the dialog", false, { functional: true }, "refuse_all", "dialog", [], [false, false]],
  ["save nothing", false, {}, "save", "dialog", [], [false, false]],
  ["save one", false, { functional: true, ads: false }, "save", "dialog", ["ads"], [false, true]],
  ["save may override the signal", true, {}, "save", "dialog", ["ads"], [false, true]],
  ["withdraw all", false, { functional: true, ads: true }, "withdraw_all", "banner", [], [false, false]],
  ["an embed adds its own", false, { functional: true, ads: false }, "embed", "banner", ["ads"], [true, true]],
  ["an embed answers for nothing else", false, {}, "embed", "banner", ["ads"], [false, true]],
]) {
  test(`choices: ${name}`, () => {
    met(isSent);
    const choices = choicesFor(answers, control, layer, wanted);
    assert.deepEqual(choices, { functional: expected[0], ads: expected[1] });
  });
}
