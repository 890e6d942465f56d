import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliCompressSync, constants } from "node:zlib";

const BUDGET = 6000;

test("the built script stays within its budget", () => {
  const built = readFileSync(new URL("../dist/banner.js", import.meta.url));
  const { length } = brotliCompressSync(built, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
  assert.ok(length <= BUDGET, `${length} bytes with brotli, of ${BUDGET}`);
});
