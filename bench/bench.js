/**
 * Runs the groups of measurements, and shows them.
 *
 *   npm run bench -- [--only GROUP,...] [--repl PATH] [--runs N] [--json FILE]
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { adding } from "./groups/adding.js";
import { batch } from "./groups/batch.js";
import { environments } from "./groups/environments.js";
import { listing } from "./groups/listing.js";
import { memory } from "./groups/memory.js";
import { reload } from "./groups/reload.js";
import { reloadGrowth } from "./groups/reload-growth.js";
import { remote } from "./groups/remote.js";
import { startUp } from "./groups/start-up.js";
import { warmAdd } from "./groups/warm-add.js";
import { renderRows } from "./statistics.js";

/** @type {Record<string, import("./harness.js").Group>} */
const GROUPS = {
  "start-up": startUp,
  adding,
  "warm-add": warmAdd,
  listing,
  batch,
  reload,
  "reload-growth": reloadGrowth,
  environments,
  memory,
  remote,
};

const standIn = fileURLToPath(new URL("../test/simulated-repl/repl.js", import.meta.url));
const { values: options } = parseArgs({
  options: {
    only: { type: "string", default: Object.keys(GROUPS).join() },
    repl: { type: "string", default: standIn },
    runs: { type: "string", default: "20" },
    json: { type: "string" },
  },
});
const context = { repl: resolve(options.repl), runs: Number(options.runs) };

const groups = Object.fromEntries(
  options.only.split(",").map((name) => {
    const group = GROUPS[name];
    if (!group) {
      throw new Error(`There is no group ${name}, only ${Object.keys(GROUPS).join(", ")}.`);
    }
    return [name, group];
  }),
);
/** @type {Record<string, import("./harness.js").Row[]>} */
const measured = {};
for (const [name, group] of Object.entries(groups)) {
  const rows = await group(context);
  measured[name] = rows;
  console.log(`${name}\n${renderRows(rows)}\n`);
}
if (options.json) {
  const machine = { node: process.version, platform: process.platform, arch: process.arch };
  const report = { machine, runs: context.runs, groups: measured };
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
