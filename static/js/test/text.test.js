import assert from "node:assert/strict";
import { test } from "node:test";
import { give } from "./config.js";

globalThis.window = { consent: {} };
const { text } = await import("../src/visit.js");

test("placeholders are filled, and an unknown one is left to be seen", () => {
  give({ TEXTS: ["{provider} and {category}", "{count} {unknown}", "{a}"] });
  assert.equal(text(0, { provider: "A", category: "B" }), "A and B");
  assert.equal(text(1, { count: 3 }), "3 {unknown}");
  assert.equal(text(2, { a: "{b}", b: "no" }), "{b}");
  assert.equal(text(3), undefined);
});
