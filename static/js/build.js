// Builds dist/banner.js; with --check, builds it elsewhere and compares with the committed one.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const built = join(here, "dist", "banner.js");

/** Style sheets become strings, minified and lowered like the script. */
const cssAsText = {
  name: "css-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const { code } = await transform(source, {
        loader: "css",
        minify: true,
        supported: { nesting: false },
        target: ["chrome120", "firefox101", "safari15.4"],
      });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

/** @param {string} outfile */
const bundle = (outfile) =>
  build({
    absWorkingDir: here,
    bundle: true,
    charset: "utf8",
    entryPoints: ["src/main.js"],
    format: "iife",
    legalComments: "none",
    minify: true,
    outfile,
    plugins: [cssAsText],
    target: "es2020",
    tsconfigRaw: "{}",
  });

if (process.argv.includes("--check")) {
  const folder = await mkdtemp(join(tmpdir(), "consent-banner-"));
  try {
    await bundle(join(folder, "banner.js"));
    const [fresh, committed] = await Promise.all([
      readFile(join(folder, "banner.js")),
      readFile(built).catch(() => Buffer.alloc(0)),
    ]);
    if (!fresh.equals(committed)) {
      console.error("dist/banner.js is not what src/ builds; run: npm run build");
      process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
} else {
  await bundle(built);
}
