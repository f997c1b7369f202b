import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inFolder, measure, NODE_START, ours, run } from "../harness.js";

/**
 * Listing many states, against Node's own start-up.
 * @type {import("../harness.js").Group}
 */
export function listing(context) {
  const few = { ...context, runs: Math.max(1, Math.ceil(context.runs / 2)) };
  return inFolder((folder) => {
    const thousand = join(folder, "1000");
    const many = join(folder, "10000");
    writeManifest(few, thousand, 1000);
    writeManifest(few, many, 10_000);
    return measure(
      few,
      [
        NODE_START,
        ours("ls -q, 1,000 states", ["ls", "-q", "-d", thousand], { limit: 2 }),
        ours("ls, 1,000 states", ["ls", "-d", thousand], { limit: 2.5 }),
        ours("ls, 10,000 states", ["ls", "-d", many], { limit: 5 }),
        ours("ls --tree, 10,000 states", ["ls", "--tree", "-d", many]),
      ],
      folder,
    );
  });
}

/**
 * A cache of proof states, as `add` leaves it but for the pickles, which a listing does not read.
 * @param {import("../harness.js").Context} context
 * @param {string} folder
 * @param {number} count
 */
function writeManifest(context, folder, count) {
  const hash = (/** @type {string} */ text) => createHash("sha256").update(text).digest("hex");
  const toolchain = "leanprover/lean4:v4.33.0-rc2";
  const inputs = { toolchain, repl: { sha256: hash("repl") }, project: null, imports: {} };
  /** @type {Record<string, object>} */
  const recipes = {};
  const states = Array.from({ length: count }, (_, n) => {
    const [root, key] = [hash(`code ${n}`), hash(`state ${n}`)];
    const cmd = `theorem t${n} (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry`;
    recipes[root] = { base: null, step: { cmd }, inputs, sorries: 1 };
    recipes[key] = { base: root, step: { sorry: 0 }, inputs };
    return {
      sessionId: -1 - n,
      name: n % 3 === 0 ? `goal${n}` : null,
      isProofState: true,
      key,
      pickleFile: `session_cache/${key}.${n.toString(16).padStart(8, "0")}.olean`,
      bytes: 8312,
      sha256: hash(`pickle ${n}`),
      createdAt: new Date(Date.now() - n * 1000).toISOString(),
      elapsedMs: 12,
      lean: { toolchain, version: "4.33.0-rc2", gitHash: "d".repeat(40) },
      imports: [],
      goals: ["p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q"],
      proofStatus: "Incomplete: open goals remain",
    };
  });
  const manifest = { version: 1, revision: count, nextSessionId: -1 - count, states, recipes };
  mkdirSync(folder);
  writeFileSync(join(folder, "lean-pickle.json"), JSON.stringify(manifest));
  // As lean-pickle writes it.
  run(
    context,
    ours("a change of the manifest", ["add", "-q", "-c", "def f := 1", "-d", folder]),
    folder,
  );
}
