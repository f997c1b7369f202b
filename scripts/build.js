/**
 * Writes dist: the program and the library, the declarations of the library, the JSON Schemas of the
 * manifest and of what the program reads and prints, and the licences of what is in the bundles.
 * Writes man: the manual pages.
 *
 * There is a bundler for the sake of start-up, which a script pays with each call: `ls -q` of ten
 * states took 1.78 times as long as `node -e 0` with a file for each module, 1.47 times as long from
 * bundles with what they use of the dependencies, and 1.30 times as long where those are CommonJS,
 * for which Node itself starts less (medians of 30 runs, Node 20). The library is of ES modules.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { toJsonSchema } from "@valibot/to-json-schema";
import { build } from "rolldown";
import { renderLicenses } from "./licenses.js";
import { pageName, renderManPage } from "./man.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** What the program loads only on a terminal, and an optional peer, which not everyone has. */
const NOT_BUNDLED = ["ora", "@aws-sdk/credential-provider-node"];

/** What the library leaves to the user's own installation besides: it may be used there too. */
const SHARED_PACKAGES = ["proper-lockfile", "signal-exit"];

/**
 * What every run of the program needs, and what most commands need, as one file each: left to the
 * bundler it is twelve files for `ls`, which take 2 ms more.
 */
const SHARED_FILES = [
  {
    name: "program",
    test: /node_modules.commander|src.output|src.commands.input.options|src.errors|src.system.system-error/,
  },
  {
    name: "command",
    test: /src.commands.(context|states|render.state-table|render.stale-states|render.check-states)/,
  },
];

/** What Node takes long to load, and many commands never use. commander loads child_process. */
const LATE = ["node:child_process", "node:crypto"];

/**
 * Has the program load those where they are used.
 * @type {import("rolldown").Plugin}
 */
const loadLate = {
  name: "load-late",
  renderChunk(code) {
    const loading = new RegExp(
      `(?:let|const) (\\w+) = (require\\("(?:${LATE.join("|")})"\\));`,
      "g",
    );
    return [...code.matchAll(loading)].reduce(
      (text, [line, name, load]) =>
        text
          .replaceAll(new RegExp(`\\b${name}\\.`, "g"), `${name}().`)
          .replace(line, `let ${name}$; const ${name} = () => (${name}$ ??= ${load});`),
      code,
    );
  },
};

/**
 * As it is written, without comments. Characters beyond ASCII are escaped: with one of them, a file
 * is read as two bytes for each.
 */
const MINIFY = {
  compress: false,
  mangle: false,
  codegen: { removeWhitespace: false, asciiOnly: true },
};

/**
 * What a JSON Schema has no words for is left out. It reads every pattern as Unicode, and has no flags.
 * @type {import("@valibot/to-json-schema").ConversionConfig}
 */
const SCHEMA_OPTIONS = {
  ignoreActions: ["check", "finite", "excludes"],
  overrideAction: ({ valibotAction, jsonSchema }) => {
    const { requirement } = /** @type {{ requirement?: unknown }} */ (valibotAction);
    return requirement instanceof RegExp
      ? { ...jsonSchema, pattern: requirement.source }
      : undefined;
  },
};

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
const bundled = await writeBundles();
writeFileSync(join(dist, "THIRD-PARTY-LICENSES.md"), renderLicenses(bundled));
writeDeclarations();
await writeSchemas();
await writeManPages();

/** Bundles the program and the library, and returns the paths of the modules that went in. */
async function writeBundles() {
  const common = { cwd: root, platform: /** @type {const} */ ("node") };
  const program = await build({
    ...common,
    input: { cli: "src/cli.ts" },
    external: NOT_BUNDLED,
    output: {
      dir: dist,
      format: "cjs",
      entryFileNames: "[name].cjs",
      chunkFileNames: "program/[name]-[hash].cjs",
      codeSplitting: { groups: SHARED_FILES },
      minify: MINIFY,
      comments: false,
      plugins: [loadLate],
    },
  });
  const library = await build({
    ...common,
    input: { index: "src/index.ts" },
    external: [...NOT_BUNDLED, ...SHARED_PACKAGES],
    output: { dir: dist, format: "esm", chunkFileNames: "library/[name]-[hash].js" },
  });
  return [...program.output, ...library.output].flatMap((file) =>
    file.type === "chunk" ? file.moduleIds : [],
  );
}

function writeDeclarations() {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], {
    stdio: "inherit",
  });
}

/** The schemas are evaluated from bundles in memory, since dist has no modules of their own for them. */
async function writeSchemas() {
  const { manifestSchema } = await evaluate("src/store/manifest/schema.ts");
  const title = "The manifest of a lean-pickle cache, lean-pickle.json";
  writeJson("manifest.schema.json", { ...toJsonSchema(manifestSchema, SCHEMA_OPTIONS), title });
  const { SCHEMAS } = await evaluate("src/commands/json/schemas.ts");
  mkdirSync(join(dist, "schemas"));
  for (const [name, { title, schema }] of Object.entries(SCHEMAS)) {
    writeJson(`schemas/${name}.json`, { ...toJsonSchema(schema, SCHEMA_OPTIONS), title });
  }
}

/** Writes man: a page for the program, and one for each command. */
async function writeManPages() {
  const folder = join(root, "man");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const builtAt = new Date(Number(process.env.SOURCE_DATE_EPOCH ?? Date.now() / 1000) * 1000);
  const edition = { version, date: builtAt.toISOString().slice(0, 10) };
  const { createProgram } = createRequire(import.meta.url)(join(dist, "cli.cjs"));
  const { commands } = await createProgram({}, []);
  const names = commands.map((/** @type {import("commander").Command} */ each) => each.name());
  const program = await createProgram({}, names);
  for (const command of [program, ...program.commands]) {
    writeFileSync(join(folder, `${pageName(command)}.1`), renderManPage(command, edition));
  }
}

/**
 * The exports of a source, which is bundled and run.
 * @param {string} input
 */
async function evaluate(input) {
  const { output } = await build({ cwd: root, input, platform: "node", write: false });
  const code = encodeURIComponent(output[0].code);
  return await import(`data:text/javascript,${code}`);
}

/**
 * @param {string} name in dist
 * @param {object} value
 */
function writeJson(name, value) {
  writeFileSync(join(dist, name), `${JSON.stringify(value, null, 2)}\n`);
}
