// Builds what is in dist/; with --check, builds it elsewhere and compares with what is committed.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { minify } from "terser";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");
const ENTRIES = { "banner.js": "src/main.js", "auto.js": "src/auto/main.js" };

/** A name that no minified name is. */
const CSS = "$";

/** What is imported of a style sheet becomes that name; the sheet itself is kept for later. */
const cssByName = (/** @type {string[]} */ sheets) => ({
  name: "css-by-name",
  /** @param {import("esbuild").PluginBuild} build */
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      sheets.push(await minified(await readFile(path, "utf8")));
      return { contents: `export default ${CSS}`, loader: "js" };
    });
  },
});

/**
 * A style sheet, minified; older browsers leave out its nested rules.
 * @param {string} source
 */
async function minified(source) {
  const { code } = await transform(source, {
    loader: "css",
    minify: true,
    target: ["chrome120", "firefox117", "safari17.2"],
  });
  return code.trim().replace(/ ?([,/]) /g, "$1");
}

/**
 * esbuild puts the modules together; what terser then finds makes a fortieth less to load.
 * @param {string} entry
 * @param {string} outfile
 */
async function bundle(entry, outfile) {
  /** @type {string[]} */
  const sheets = [];
  const { outputFiles } = await build({
    absWorkingDir: here,
    bundle: true,
    charset: "utf8",
    entryPoints: [entry],
    format: "iife",
    legalComments: "none",
    minify: true,
    plugins: [cssByName(sheets)],
    target: "es2020",
    tsconfigRaw: "{}",
    write: false,
  });
  const { code } = await minify(outputFiles[0].text, {
    // No getter here does more than get: that lets expressions move.
    compress: { hoist_funs: true, keep_fargs: false, passes: 3, pure_getters: true },
    ecma: 2020,
  });
  // Next to the line of JSON, which ends in rules as well, the sheet weighs less than in the middle.
  const [start, ...rest] = code.split(/(?<=^\(\(\)=>{)/);
  const sheet = sheets.map((css) => `const ${CSS}=${JSON.stringify(css)};`);
  await writeFile(outfile, [start, ...sheet, ...rest, "\n"].join(""));
}

for (const [name, entry] of Object.entries(ENTRIES)) {
  if (process.argv.includes("--check")) await compare(name, entry);
  else await bundle(entry, join(dist, name));
}

/**
 * @param {string} name
 * @param {string} entry
 */
async function compare(name, entry) {
  const folder = await mkdtemp(join(tmpdir(), "consent-banner-"));
  try {
    await bundle(entry, join(folder, name));
    const [fresh, committed] = await Promise.all([
      readFile(join(folder, name)),
      readFile(join(dist, name)).catch(() => Buffer.alloc(0)),
    ]);
    if (!fresh.equals(committed)) {
      console.error(`dist/${name} is not what src/ builds; run: npm run build`);
      process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
