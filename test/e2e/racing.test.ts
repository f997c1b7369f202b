import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { type Ended, run, succeed } from "../support/program.ts";

const PROCESSES = 16;
const STATES = 20;

interface Answer {
  sessionId: number;
  key: string;
  goals?: string[];
}

/** Half environments, half proof states; each tells its number. */
function lineOf(n: number): { cmd: string; sorry?: number } {
  return n % 2 === 0
    ? { cmd: `def f${n} := ${n}` }
    : { cmd: `theorem t${n} (p${n} : Prop) (h : p${n}) : p${n} := by sorry`, sorry: 0 };
}

/** Adds all states by one process. */
async function addBatch(cwd: string, batch: string): Promise<Answer[]> {
  const { stdout, stderr, code } = await run(["add", "--batch", batch, "--json"], { cwd });
  expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** Adds all states one after the other, each by a process of its own. */
async function addEach(cwd: string): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < STATES; n++) {
    const { cmd, sorry } = lineOf(n);
    const args = ["add", "--json", "-c", cmd, ...(sorry === undefined ? [] : ["--sorry", "0"])];
    const { stdout, stderr, code }: Ended = await run(args, { cwd });
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("error")]);
    answers.push(JSON.parse(stdout));
  }
  return answers;
}

describe("many processes that add the same states at once", () => {
  it("end with each state once, and all answer with its id", async () => {
    const cwd = temporaryFolder();
    const batch = join(temporaryFolder(), "states.jsonl");
    const lines = Array.from({ length: STATES }, (_, n) => JSON.stringify(lineOf(n)));
    writeFileSync(batch, lines.join("\n"));
    const answers = await Promise.all(
      Array.from({ length: PROCESSES }, (_, n) =>
        n % 8 === 0 ? addEach(cwd) : addBatch(cwd, batch),
      ),
    );

    const manifest = JSON.parse(readFileSync(join(cwd, "lean-pickle.json"), "utf8"));
    const states: (Answer & { pickleFile: string })[] = manifest.states;
    expect(states.map(({ sessionId }) => sessionId).sort((a, b) => b - a)).toEqual(
      Array.from({ length: STATES }, (_, n) => -n - 1),
    );
    const pickles = readdirSync(join(cwd, "session_cache")).filter((name) =>
      name.endsWith(".olean"),
    );
    expect(pickles.sort()).toEqual(
      states.map(({ pickleFile }) => pickleFile.slice("session_cache/".length)).sort(),
    );
    expect(readdirSync(join(cwd, "session_cache", "tmp"))).toEqual([]);

    expect(answers.flat()).toHaveLength(PROCESSES * STATES);
    for (const each of answers) {
      for (const [n, answer] of each.entries()) {
        const state = states.find(({ sessionId }) => sessionId === answer.sessionId);
        expect(state?.key).toBe(answer.key);
        const { cmd, sorry } = lineOf(n);
        const { base, step } = manifest.recipes[answer.key];
        const code = sorry === undefined ? step : manifest.recipes[base].step;
        expect(code).toEqual({ cmd });
        expect(answer.goals).toEqual(
          sorry === undefined ? undefined : [`p${n} : Prop\nh : p${n}\n⊢ p${n}`],
        );
      }
    }
    const { loaded } = JSON.parse(await succeed(["reload", "--json"], { cwd }));
    expect(loaded).toBe(STATES);
  });
});
