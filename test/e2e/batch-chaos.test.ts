import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFailed } from "vitest";
import { jsonLines } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { generator, killAfter, readWhole } from "../support/kill-loop.ts";
import { run } from "../support/program.ts";

/** How often the batch is killed: more for a long run. */
const KILLS = Number(process.env.LEAN_PICKLE_TEST_KILLS ?? 5);
const LINES = 24;

/** What goes wrong, and how often. */
const REPL = { CRASH_ON: "crash", SEGV_ON: "segv", HANG_ON: "hang", CLOSURES_ON: "closure" };
const ARGS = ["--timeout", "1", "--json"];

interface Line {
  cmd?: string;
  from?: string;
  name?: string;
  sorry?: number;
  tactics?: string[];
}

/** Lines of every kind, in random order; some build on lines before them, which may have failed. */
function randomLines(random: () => number): Line[] {
  const lines: Line[] = [];
  for (let n = 0; n < LINES; n++) {
    const header = ["", "import Lean\n", "import Lean\n\n", "import Std\n"][n % 4] ?? "";
    const named = { name: `n${n}` };
    const earlier = lines.filter(({ name, sorry }) => name && sorry === undefined);
    const base = earlier[Math.floor(random() * earlier.length)]?.name;
    const kinds: Line[] = [
      { cmd: `${header}def f${n} := ${n}`, ...named },
      { cmd: `${header}def g${n} := ${n}`, ...named },
      { cmd: `${header}theorem t${n} (p : Prop) (h : p) : p := by sorry`, sorry: 0 },
      { cmd: `${header}theorem u${n} (p : Prop) (h : p) : p := by sorry`, tactics: ["exact h"] },
      { cmd: `${header}def crash${n} := ${n}`, ...named },
      { cmd: `${header}def segv${n} := ${n}`, ...named },
      { cmd: `${header}def closure${n} := ${n}` },
      { cmd: `import Missing${n}\ndef m${n} := ${n}`, ...named },
      { cmd: `${header}#check nope${n}` },
      ...(n % 8 === 5 ? [{ cmd: `${header}def hang${n} := ${n}` }] : []),
      ...(base === undefined
        ? []
        : [
            { from: base, cmd: `def on${n} := ${n}`, ...named },
            { from: base, cmd: `def crashOn${n} := ${n}` },
            { from: base, cmd: `theorem v${n} (p : Prop) (h : p) : p := by sorry`, sorry: 0 },
          ]),
    ];
    lines.push(kinds[Math.floor(random() * kinds.length)] as Line);
  }
  return lines;
}

/** The verdicts of the lines of a batch: a key, or the code of an error. */
async function verdicts(cwd: string, lines: readonly Line[]): Promise<string[]> {
  writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
  const { stdout } = await run(["add", "--batch", "batch.jsonl", ...ARGS], { cwd, repl: REPL });
  const documents = stdout.trim().split("\n");
  return documents.map((text) => {
    const { key, error } = JSON.parse(text);
    return error ? error.code : key;
  });
}

/** The verdict of a line that is run with nothing but the lines that it builds on. */
async function verdictAlone(lines: readonly Line[], at: number): Promise<string | undefined> {
  const needed = [lines[at] as Line];
  for (let from = needed[0]?.from; from !== undefined; from = needed[0]?.from) {
    needed.unshift(lines.find(({ name }) => name === from) as Line);
  }
  return (await verdicts(temporaryFolder(), needed)).at(-1);
}

describe("a batch in which lines crash, hang, fail to import and hold errors", () => {
  it(
    "gives each line the verdict of the line alone, however often it is killed",
    async () => {
      const seed = Number(process.env.LEAN_PICKLE_TEST_SEED ?? Date.now() % 2 ** 31);
      onTestFailed(() => void process.stderr.write(`LEAN_PICKLE_TEST_SEED=${seed}\n`));
      const random = generator(seed);
      const lines = randomLines(random);
      const alone: (string | undefined)[] = [];
      for (const at of lines.keys()) {
        alone.push(await verdictAlone(lines, at));
      }
      const cwd = temporaryFolder();
      writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
      for (let kills = 0; kills < KILLS; ) {
        const args = ["add", "--batch", "batch.jsonl", ...ARGS];
        const victim = { cwd, repl: REPL, args, signal: "SIGKILL" } as const;
        const { killed } = await killAfter(victim, Math.floor(random() * 60), [1, 3]);
        readWhole(cwd);
        kills += 1;
        if (!killed) {
          await run(["clear", "--yes"], { cwd });
        }
      }
      expect(await verdicts(cwd, lines)).toEqual(alone);
      const { states } = readWhole(cwd);
      expect(new Set(states.map(({ key }) => key))).toEqual(
        new Set(alone.filter((verdict) => /^[0-9a-f]{64}$/.test(verdict ?? ""))),
      );
    },
    120_000 + KILLS * 15_000,
  );
});
