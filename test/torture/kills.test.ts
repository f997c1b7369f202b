import { cpSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { jsonLines } from "../support/batches.ts";
import { temporaryFolder } from "../support/folders.ts";
import { generator, killAfter, readWhole } from "../support/kill-loop.ts";
import { run, succeed } from "../support/program.ts";
import type { Call } from "./faults.ts";
import { faultyProgram } from "./faulty-program.ts";
import { isLong, seed, tell } from "./scale.ts";

/** A command that changes a cache. */
interface Scene {
  name: string;
  args: readonly string[];
  /** Changes the cache of five states that it begins with. */
  prepare?(cwd: string): void;
  /** The name of a state whose pickle is damaged in it. */
  damaged?: string;
  /** The ids that it may remove. */
  mayRemove?: readonly string[];
}

const BATCH = Array.from({ length: 12 }, (_, n) => ({ cmd: `def b${n} := ${n}`, name: `b${n}` }));

const FIVE = ["-1", "-2", "-3", "-4", "-5"];

const SCENES: Scene[] = [
  { name: "add", args: ["add", "-c", "def new := 1", "-n", "new"] },
  { name: "add onto a state", args: ["add", "--from", "s1", "-c", "theorem t : s1 = 1 := by rfl"] },
  { name: "add by another name", args: ["add", "-c", "def s1 := 1", "-n", "s2", "--replace"] },
  { name: "rm", args: ["rm", "s1", "s3"], mayRemove: ["-1", "-3"] },
  { name: "clear", args: ["clear", "--yes"], mayRemove: FIVE },
  { name: "prune", args: ["prune", "--max-size", "0"], prepare: litter, mayRemove: FIVE },
  { name: "add --batch", args: ["add", "-q", "--batch", "batch.jsonl"] },
  { name: "reload --repair", args: ["reload", "--repair"], prepare: damage, damaged: "s2" },
];

/** A cache of five states. */
async function template(): Promise<string> {
  const cwd = temporaryFolder();
  const lines = [1, 2, 3, 4, 5].map((n) => ({ cmd: `def s${n} := ${n}`, name: `s${n}` }));
  writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
  await succeed(["add", "--batch", "batch.jsonl"], { cwd });
  writeFileSync(join(cwd, "batch.jsonl"), jsonLines(BATCH));
  return cwd;
}

/** The file of the pickle of a state. */
function pickleOf(cwd: string, name: string): string {
  return readWhole(cwd, ALL).states.find((state) => state.name === name)?.pickleFile ?? "";
}

/** Has every pickle pass for whole. */
const ALL: ReadonlySet<string> = Object.assign(new Set<string>(), { has: () => true });

/** Puts something else in the place of the pickle of `s2`. */
function damage(cwd: string): void {
  const path = join(cwd, pickleOf(cwd, "s2"));
  const content = readFileSync(path);
  content.writeUInt8(content.readUInt8(100) ^ 1, 100);
  rmSync(path);
  writeFileSync(path, content);
}

/** What must hold after a command was killed, whatever it had done. */
async function check(cwd: string, scene: Scene, printed: readonly string[]): Promise<void> {
  const damaged = new Set(scene.damaged === undefined ? [] : [pickleOf(cwd, scene.damaged)]);
  // As long as it is not mended; then it is another file.
  const { states, nextSessionId } = readWhole(cwd, damaged);
  const ids = states.map(({ sessionId }) => sessionId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Math.min(0, ...ids)).toBeGreaterThan(nextSessionId);
  const gone = new Set(scene.mayRemove);
  const promised = FIVE.filter((id) => !gone.has(id));
  const added = scene.args[0] === "add" ? printed.flatMap((line) => line.split(" ")) : [];
  expect(ids.map(String)).toEqual(expect.arrayContaining([...promised, ...added]));
  if (scene.mayRemove) {
    expect(ids.map(String).filter((id) => printed.includes(id))).toEqual([]);
  }
  // It neither needs help nor waits: there is no time to.
  const again = await run([...scene.args, "--lock-timeout", "0.001"], { cwd });
  expect([0, 4], again.stderr).toContain(again.code);
  expect(again.stderr).not.toContain("Waiting for");
  readWhole(cwd);
  expect(await succeed(["ls", "-q"], { cwd })).not.toBe(undefined);
}

/** Leaves what a process that was killed long ago would have left. */
function litter(cwd: string): void {
  const long = new Date(Date.now() - 24 * 3600 * 1000);
  for (const name of [`${"0".repeat(64)}.00000000.olean`, join("tmp", "0123456789abcdef.olean")]) {
    const path = join(cwd, "session_cache", name);
    writeFileSync(path, "garbage");
    utimesSync(path, long, long);
  }
}

/** How many calls of the system a command makes in a cache, which it changes. */
async function countCalls(args: readonly string[], cwd: string): Promise<number> {
  const CALLS = join(temporaryFolder(), "calls.json");
  await run(args, { cwd, program: faultyProgram, env: { CALLS } });
  return (JSON.parse(readFileSync(CALLS, "utf8")) as Call[]).length;
}

function copyOf(template: string, { prepare }: Pick<Scene, "prepare"> = {}): string {
  const cwd = temporaryFolder();
  cpSync(template, cwd, { recursive: true });
  prepare?.(cwd);
  return cwd;
}

describe("a command that is killed", () => {
  it(
    "leaves what verify --repair can restore a manifest from, at each of its steps",
    async () => {
      const five = await template();
      await succeed(["add", "-c", "def six := 6"], { cwd: five });
      truncateSync(join(five, "lean-pickle.json"), 200);
      const args = ["verify", "--repair"];
      const length = await countCalls(args, copyOf(five));
      const stride = isLong ? 1 : 8;
      for (let at = 0; at < length; at += stride) {
        const cwd = copyOf(five);
        const env = { FAULT: JSON.stringify({ at, what: "SIGKILL" }) };
        const { signal } = await run(args, { cwd, program: faultyProgram, env });
        expect([at, signal]).toEqual([at, "SIGKILL"]);
        const again = await run([...args, "--lock-timeout", "0.001"], { cwd });
        expect([0, 1], again.stderr).toContain(again.code);
        expect(await succeed(["ls", "-q"], { cwd })).toBe(FIVE.join("\n"));
        // The id of the sixth is not given to another state.
        const id = Number(await succeed(["add", "-c", "def seven := 7"], { cwd }));
        expect(id).toBeLessThan(-6);
        rmSync(cwd, { recursive: true });
      }
      tell(`SIGKILL at each of the ${length} calls of the system in verify --repair: restored`);
    },
    isLong ? 3_600_000 : undefined,
  );

  it.each(SCENES)(
    "leaves a whole cache at each step of $name",
    async (scene) => {
      const five = await template();
      const length = await countCalls(scene.args, copyOf(five, scene));
      // A part of the steps, another one for each command, where there is no time for all.
      const stride = isLong ? 1 : 15;
      for (let at = scene.name.length % stride; at < length; at += stride) {
        const cwd = copyOf(five, scene);
        const env = { FAULT: JSON.stringify({ at, what: "SIGKILL" }) };
        const { stdout, signal } = await run(scene.args, { cwd, program: faultyProgram, env });
        expect([at, signal]).toEqual([at, "SIGKILL"]);
        await check(cwd, scene, stdout.split("\n").slice(0, -1));
        rmSync(cwd, { recursive: true });
      }
      tell(`SIGKILL at each of the ${length} calls of the system in ${scene.name}: nothing lost`);
    },
    isLong ? 3_600_000 : undefined,
  );

  it(
    "leaves a whole cache at any instant",
    async () => {
      const five = await template();
      const random = generator(seed);
      const kills = isLong ? 600 : 12;
      let killed = 0;
      for (let round = 0; killed < kills; round++) {
        const scene = SCENES[round % SCENES.length] as Scene;
        const cwd = copyOf(five, scene);
        const victim = { cwd, args: scene.args, signal: "SIGKILL" } as const;
        const end = await killAfter(victim, Math.floor(random() * 20));
        killed += Number(end.killed);
        await check(cwd, scene, end.printed);
        rmSync(cwd, { recursive: true });
      }
      tell(`SIGKILL at ${killed} random instants: nothing lost, nobody waited`);
    },
    isLong ? 3_600_000 : undefined,
  );
});
