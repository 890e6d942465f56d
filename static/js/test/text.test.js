import assert from "node:assert/strict";
import { test } from "node:test";
import { fill, otherLanguage } from "../src/text.js";

test("placeholders are filled, and an unknown one is left to be seen", () => {
  assert.equal(fill("{provider} and {category}", { provider: "A", category: "B" }), "A and B");
  assert.equal(fill("{count} {unknown}", { count: 3 }), "3 {unknown}");
  assert.equal(fill("{a}", { a: "{b}", b: "no" }), "{b}");
  assert.equal(fill(undefined, {}), "");
});

for (const [page, current, offered, expected] of [
  ["en", "en", ["en", "nl"], ""],
  ["en-GB", "en", ["en", "nl"], ""],
  ["nl", "en", ["en", "nl"], "nl"],
  ["NL-be", "en", ["en", "nl"], "nl"],
  ["nl-BE", "en", ["en", "nl", "nl-be"], "nl-be"],
  ["nl", "en", ["en", "nl-be"], "nl-be"],
  ["zh-Hans-CN", "en", ["en", "zh"], "zh"],
  ["pt-BR", "en", ["en", "pt"], "pt"],
  ["nb", "en", ["en", "da"], ""],
  ["fr", "en", ["en", "nl"], ""],
  ["", "en", ["en", "nl"], ""],
]) {
  test(`a page in "${page}" with a script in ${current} asks for "${expected}"`, () => {
    assert.equal(otherLanguage(page, current, offered), expected);
  });
}
