import assert from "node:assert/strict";
import { test } from "node:test";
import { currentCookie, keepChoice, parseChoiceCookie } from "../src/cookie.js";
import { give, stopClock } from "./config.js";

const VALUE = "1.k1.4bf92f3577b34da6.functional-1_personalisation-0_ads-0.20261122.20270521.a-B_9";

test("a well-formed cookie gives its answer", () => {
  assert.deepEqual(parseChoiceCookie(VALUE), [
    "4bf92f3577b34da6",
    { functional: true, personalisation: false, ads: false },
    "2026-11-22",
    "2027-05-21",
  ]);
});

for (const [name, value] of Object.entries({
  "nothing": "",
  "another version": VALUE.replace("1.k1", "2.k1"),
  "no signature": VALUE.replace(".a-B_9", ""),
  "a short scope": VALUE.replace("4bf92f3577b34da6", "4bf92f"),
  "a scope in capitals": VALUE.replace("4bf9", "4BF9"),
  "an answer that is neither yes nor no": VALUE.replace("ads-0", "ads-2"),
  "a category without an answer": VALUE.replace("ads-0", "ads"),
  "no category": VALUE.replace("functional-1_personalisation-0_ads-0", ""),
  "a month that does not exist": VALUE.replace("20261122", "20261322"),
  "a day that does not exist": VALUE.replace("20270521", "20270541"),
  "days in the wrong order": VALUE.replace("20270521", "20261121"),
  "something after it": VALUE + "=",
  "quotes": `"${VALUE}"`,
})) {
  test(`a cookie with ${name} is no answer`, () => {
    assert.equal(parseChoiceCookie(value), undefined);
  });
}

test("an answer may end on the day it was given", () => {
  assert.notEqual(parseChoiceCookie(VALUE.replace("20270521", "20261122")), undefined);
});

/** The choice that a page with these cookies has. */
function found(header) {
  give();
  globalThis.document = { cookie: header };
  try {
    return currentCookie();
  } finally {
    delete globalThis.document;
  }
}

test("the cookie is found among others, and only by its whole name", () => {
  const header = `a=b; my-consent=x; consent=${VALUE}; consent-id=y`;
  assert.equal(found(header), VALUE);
  assert.equal(found("my-consent=x; consent-id=y"), "");
  assert.equal(found(""), "");
});

test("of two cookies with the name the well-formed one counts", () => {
  assert.equal(found(`consent=old; consent=${VALUE}`), VALUE);
  assert.equal(found(`consent=${VALUE}; consent=old`), VALUE);
  assert.equal(found("consent=old; consent=older"), "");
});

/** Which choices win under one name, in whatever order the browser gives them. */
function newest(...values) {
  for (const order of [values, [...values].reverse()]) {
    const header = order.map((value) => `consent=${value}`).join("; ");
    assert.equal(found(header), values[0]);
  }
}

test("of two choices the newer one counts, of one day that which refuses more", () => {
  newest(VALUE.replace("20261122", "20261123"), VALUE);
  newest(VALUE, VALUE.replace("20261122", "20251130").replace(/-1/, "-0"));
  newest(VALUE.replace("functional-1", "functional-0"), VALUE, VALUE.replace("ads-0", "ads-1"));
});

const NOON = Date.parse("2026-11-22T12:00:00Z");

/** The line that keeps a choice. */
function lineOf(t, now, protocol = "https:", domain = "") {
  give({ COOKIE: "__Host-consent", DOMAIN: domain });
  stopClock(t, now);
  globalThis.location = { protocol };
  globalThis.document = {};
  keepChoice(VALUE);
  const { cookie } = globalThis.document;
  t.mock.timers.reset();
  delete globalThis.location;
  delete globalThis.document;
  return cookie;
}

test("a line of ours lives to the end of the choice's last day", (t) => {
  const seconds = (Date.parse("2027-05-22T00:00:00Z") - NOON) / 1000;
  const line = `__Host-consent=${VALUE}; Path=/; Max-Age=${seconds}; SameSite=Lax`;
  assert.equal(lineOf(t, NOON), line + "; Secure");
  assert.equal(lineOf(t, NOON, "https:", "example.org"), line + "; Domain=example.org; Secure");
  assert.equal(lineOf(t, NOON, "http:"), line);
});

test("a wrong clock does not end a line of ours", (t) => {
  const right = /Max-Age=(\d+)/.exec(lineOf(t, NOON))[1];
  for (const wrong of ["2031-01-01", "2001-01-01"]) {
    const line = lineOf(t, Date.parse(wrong));
    assert.ok(Math.abs(/Max-Age=(\d+)/.exec(line)[1] - right) <= 8 * 86_400, line);
  }
});
