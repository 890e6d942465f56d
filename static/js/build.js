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

/**
 * esbuild puts the modules together; what terser then finds makes a fortieth less to load.
 * @param {string} entry
 * @param {string} outfile
 */
async function bundle(entry, outfile) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    bundle: true,
    charset: "utf8",
    entryPoints: [entry],
    format: "iife",
    legalComments: "none",
    minify: true,
    plugins: [cssAsText],
    target: "es2020",
    tsconfigRaw: "{}",
    write: false,
  });
  const { code } = await minify(outputFiles[0].text, {
    compress: { hoist_funs: true, keep_fargs: false, passes: 3 },
    ecma: 2020,
  });
  await writeFile(outfile, code + "\n");
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
