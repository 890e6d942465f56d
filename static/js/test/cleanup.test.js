import assert from "node:assert/strict";
import { test } from "node:test";
import { domainVariants, patternOf } from "../src/cleanup.js";

test("a pattern matches whole names, with wildcards anywhere and nothing else special", () => {
  assert.equal(patternOf("_ads_*").test("_ads_1"), true);
  assert.equal(patternOf("_ads_*").test("_ads_"), true);
  assert.equal(patternOf("_ads_*").test("x_ads_1"), false);
  assert.equal(patternOf("_ads").test("_ads_1"), false);
  assert.equal(patternOf("*.id").test("a.id"), true);
  assert.equal(patternOf("*.id").test("a-id"), false);
  assert.equal(patternOf("a[0]$").test("a[0]$"), true);
});

test("a cookie is deleted for the host and for every domain above it", () => {
  assert.deepEqual(domainVariants("www.study.example"), [
    "",
    "; Domain=www.study.example",
    "; Domain=study.example",
    "; Domain=example",
  ]);
});
