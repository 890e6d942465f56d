import assert from "node:assert/strict";
import { test } from "node:test";
import { choiceCookieLine, findChoiceCookie, parseChoiceCookie } from "../src/cookie.js";

const VALUE = "1.k1.4bf92f3577b34da6.functional-1_personalisation-0_ads-0.20261122.20270521.a-B_9";

test("a well-formed cookie gives its answer", () => {
  assert.deepEqual(parseChoiceCookie(VALUE), {
    scope: "4bf92f3577b34da6",
    choices: { functional: true, personalisation: false, ads: false },
    decidedOn: "2026-11-22",
    validUntil: "2027-05-21",
  });
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
    assert.equal(parseChoiceCookie(value), null);
  });
}

test("an answer may end on the day it was given", () => {
  assert.notEqual(parseChoiceCookie(VALUE.replace("20270521", "20261122")), null);
});

test("the cookie is found among others, and only by its whole name", () => {
  const header = `a=b; my-consent=x; consent=${VALUE}; consent-id=y`;
  assert.equal(findChoiceCookie(header, "consent"), VALUE);
  assert.equal(findChoiceCookie("my-consent=x; consent-id=y", "consent"), "");
  assert.equal(findChoiceCookie("", "consent"), "");
});

test("of two cookies with the name the well-formed one counts", () => {
  assert.equal(findChoiceCookie(`consent=old; consent=${VALUE}`, "consent"), VALUE);
  assert.equal(findChoiceCookie(`consent=${VALUE}; consent=old`, "consent"), VALUE);
  assert.equal(findChoiceCookie("consent=old; consent=older", "consent"), "");
});

/** Which choices win under one name, in whatever order the browser gives them. */
function newest(...values) {
  for (const order of [values, [...values].reverse()]) {
    const header = order.map((value) => `consent=${value}`).join("; ");
    assert.equal(findChoiceCookie(header, "consent"), values[0]);
  }
}

test("of two choices the newer one counts, of one day that which refuses more", () => {
  newest(VALUE.replace("20261122", "20261123"), VALUE);
  newest(VALUE, VALUE.replace("20261122", "20251130").replace(/-1/, "-0"));
  newest(VALUE.replace("functional-1", "functional-0"), VALUE, VALUE.replace("ads-0", "ads-1"));
});

const NOON = Date.parse("2026-11-22T12:00:00Z");
const SITE = { cookie: "__Host-consent", day: "2026-11-22" };

test("a line of ours lives to the end of the choice's last day", () => {
  globalThis.location = { protocol: "https:" };
  const seconds = (Date.parse("2027-05-22T00:00:00Z") - NOON) / 1000;
  const line = `__Host-consent=${VALUE}; Path=/; Max-Age=${seconds}; SameSite=Lax`;
  assert.equal(choiceCookieLine(SITE, VALUE, NOON), line + "; Secure");
  assert.equal(
    choiceCookieLine({ ...SITE, domain: "example.org" }, VALUE, NOON),
    line + "; Domain=example.org; Secure",
  );
  globalThis.location = { protocol: "http:" };
  assert.equal(choiceCookieLine(SITE, VALUE, NOON), line);
  delete globalThis.location;
});

test("a wrong clock does not end a line of ours", () => {
  globalThis.location = { protocol: "http:" };
  const right = /Max-Age=(\d+)/.exec(choiceCookieLine(SITE, VALUE, NOON))[1];
  for (const wrong of ["2031-01-01", "2001-01-01"]) {
    const line = choiceCookieLine(SITE, VALUE, Date.parse(wrong));
    assert.ok(Math.abs(/Max-Age=(\d+)/.exec(line)[1] - right) <= 8 * 86_400, line);
  }
  delete globalThis.location;
});
