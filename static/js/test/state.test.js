import assert from "node:assert/strict";
import { test } from "node:test";
import { adapted, changedSince, choicesFor, driftOf, isAsked, needsBanner, standingOf } from "../src/state.js";

const NOW = Date.parse("2026-11-22T23:30:00Z");
const SCOPE = "4bf92f3577b34da6";
const EARLIER = "aaaaaaaaaaaaaaaa";
const notice = {
  scope: SCOPE,
  earlier: { [EARLIER]: ["ads"] },
  categories: [
    { id: "functional", label: "Functional", description: "", gpc: false },
    { id: "ads", label: "Ads", description: "", gpc: true },
  ],
};
const answer = {
  scope: SCOPE,
  choices: { functional: true, ads: false },
  decidedOn: "2026-11-01",
  validUntil: "2027-04-30",
};
const open = { status: "undecided", answers: {}, decidedOn: null, validUntil: null };

test("an answer under the scope in force decides", () => {
  assert.deepEqual(standingOf(notice, answer, NOW), {
    status: "decided",
    answers: { functional: true, ads: false },
    decidedOn: "2026-11-01",
    validUntil: "2027-04-30",
  });
});

test("no answer leaves everything to be asked", () => {
  assert.deepEqual(standingOf(notice, null, NOW), open);
});

test("an answer counts to the end of its last day and no longer", () => {
  const last = { ...answer, validUntil: "2026-11-22" };
  assert.equal(standingOf(notice, last, NOW).status, "decided");
  assert.deepEqual(standingOf(notice, last, NOW + 36e5), open);
});

test("a day behind the server's clock is forgiven, a date from the future is not", () => {
  assert.equal(standingOf(notice, { ...answer, decidedOn: "2026-11-23" }, NOW).status, "decided");
  assert.deepEqual(standingOf(notice, { ...answer, decidedOn: "2026-11-24" }, NOW), open);
});

test("after a change only the changed categories are asked again", () => {
  const granted = { ...answer, scope: EARLIER, choices: { functional: true, ads: true } };
  assert.deepEqual(standingOf(notice, granted, NOW), {
    status: "renewal_needed",
    answers: { functional: true },
    decidedOn: "2026-11-01",
    validUntil: "2027-04-30",
  });
});

test("a category that is new since an answer is asked", () => {
  const old = { ...answer, scope: EARLIER, choices: { functional: false, statistics: true } };
  const standing = standingOf({ ...notice, earlier: { [EARLIER]: [] } }, old, NOW);
  assert.deepEqual(notice.categories.map((category) => isAsked(standing, category)), [false, true]);
  assert.equal(standing.status, "renewal_needed");
});

test("an answer under an unknown scope counts for nothing, and is noticed", () => {
  const newer = { ...answer, scope: "bbbbbbbbbbbbbbbb" };
  assert.deepEqual(standingOf(notice, newer, NOW), open);
  assert.equal(changedSince(notice, newer), undefined);
  assert.deepEqual(changedSince(notice, { ...answer, scope: EARLIER }), ["ads"]);
  assert.deepEqual(changedSince(notice, answer), []);
});

test("a notice without categories is decided from the start", () => {
  assert.equal(standingOf({ ...notice, categories: [] }, null, NOW).status, "decided");
});

const addresses = { api: "/api", preferences: "/p", policy: "https://a.test/b", privacy: "/privacy" };
const met = (isSent) => adapted(structuredClone({ ...notice, ...addresses }), isSent, "https://o.test");
const signalled = met(true);
const plain = met(false);

test("paths become addresses of the page's own origin, whatever its <base> says", () => {
  const { api, preferences, policy } = plain;
  assert.deepEqual([api, preferences, policy], ["https://o.test/api", "https://o.test/p", "https://a.test/b"]);
});

for (const [name, now, expected] of [
  ["right", "2026-11-22T13:00Z", "2026-11-22T13:00Z"],
  ["right, with an old copy", "2026-11-29T13:00Z", "2026-11-29T13:00Z"],
  ["behind", "2019-01-01T00:00Z", "2026-11-22T00:00Z"],
  ["ahead", "2031-01-01T00:00Z", "2026-11-30T00:00Z"],
]) {
  test(`a clock that is ${name}`, () => {
    const at = Date.parse(now);
    assert.equal(at + driftOf({ day: "2026-11-22" }, at), Date.parse(expected));
  });
}

test("the signal leaves its mark only where it is sent, and only on its categories", () => {
  assert.deepEqual(signalled.categories.map(({ gpc }) => gpc), [false, true]);
  assert.deepEqual(plain.categories.map(({ gpc }) => gpc), [false, false]);
});

/** Answers as they are before the act; absent means still to be asked. */
const before = (answers) => ({ ...open, answers });

test("what the signal refuses needs no banner of its own", () => {
  assert.equal(needsBanner(signalled, before({ functional: false })), false);
  assert.equal(needsBanner(signalled, before({})), true);
  assert.equal(needsBanner(signalled, before({ functional: false, ads: false })), false);
  assert.equal(needsBanner(plain, before({ functional: false })), true);
});

for (const [name, config, answers, control, layer, wanted, expected] of [
  ["accept all", plain, {}, "accept_all", "banner", {}, [true, true]],
  ["refuse all", plain, {}, "refuse_all", "banner", {}, [false, false]],
  ["accept all under the signal", signalled, {}, "accept_all", "banner", {}, [true, false]],
  ["accept all in the dialog under the signal", signalled, { functional: false, ads: true }, "accept_all", "dialog", {}, [true, false]],
  ["accept all speaks for what is asked", plain, { functional: false }, "accept_all", "banner", {}, [false, true]],
  ["refuse all speaks for what is asked", plain, { functional: true }, "refuse_all", "banner", {}, [true, false]],
  ["a saved grant outlives the signal", signalled, { ads: true }, "accept_all", "banner", {}, [true, true]],
  ["the dialog speaks for all", plain, { functional: false }, "accept_all", "dialog", {}, [true, true]],
  ["refuse all in the dialog", plain, { functional: true }, "refuse_all", "dialog", { ads: true }, [false, false]],
  ["save nothing", plain, {}, "save", "dialog", {}, [false, false]],
  ["save one", plain, { functional: true, ads: false }, "save", "dialog", { ads: true }, [false, true]],
  ["save may override the signal", signalled, {}, "save", "dialog", { ads: true }, [false, true]],
  ["withdraw all", plain, { functional: true, ads: true }, "withdraw_all", "banner", {}, [false, false]],
  ["an embed adds its own", plain, { functional: true, ads: false }, "embed", "banner", { ads: true }, [true, true]],
  ["an embed answers for nothing else", plain, {}, "embed", "banner", { ads: true }, [false, true]],
]) {
  test(`choices: ${name}`, () => {
    const choices = choicesFor(config, before(answers), control, layer, wanted);
    assert.deepEqual(choices, { functional: expected[0], ads: expected[1] });
  });
}
