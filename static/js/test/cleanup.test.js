import assert from "node:assert/strict";
import { test } from "node:test";
import { patternOf } from "../src/auto/pattern.js";
import { deleteCookie } from "../src/cookie.js";

test("a pattern matches whole names, with wildcards anywhere and nothing else special", () => {
  assert.equal(patternOf("_ads_*").test("_ads_1"), true);
  assert.equal(patternOf("_ads_*").test("_ads_"), true);
  assert.equal(patternOf("_ads_*").test("x_ads_1"), false);
  assert.equal(patternOf("_ads").test("_ads_1"), false);
  assert.equal(patternOf("*.id").test("a.id"), true);
  assert.equal(patternOf("*.id").test("a-id"), false);
  assert.equal(patternOf("a[0]$").test("a[0]$"), true);
});

test("a cookie is deleted for the host and for every domain above it, on both paths", () => {
  const lines = [];
  globalThis.location = { protocol: "https:", hostname: "www.study.example" };
  globalThis.document = { set cookie(line) { lines.push(line); } };
  deleteCookie("_ads", "/shop");
  const ends = [
    "",
    "; Domain=www.study.example",
    "; Domain=study.example",
    "; Domain=example",
  ];
  assert.deepEqual(
    lines,
    ends.flatMap((end) =>
      ["/", "/shop"].map((path) => `_ads=; Path=${path}; Max-Age=0; SameSite=Lax${end}; Secure`),
    ),
  );
  delete globalThis.location;
  delete globalThis.document;
});
