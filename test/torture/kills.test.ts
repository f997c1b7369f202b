import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  /** The ids that it may remove. */
  mayRemove?: readonly string[];
}

const BATCH = Array.from({ length: 12 }, (_, n) => ({ cmd: `def b${n} := ${n}`, name: `b${n}` }));

const SCENES: Scene[] = [
  { name: "add", args: ["add", "-c", "def new := 1", "-n", "new"] },
  { name: "add onto a state", args: ["add", "--from", "s1", "-c", "theorem t : s1 = 1 := by rfl"] },
  { name: "add by another name", args: ["add", "-c", "def s1 := 1", "-n", "s2", "--replace"] },
  { name: "rm", args: ["rm", "s1", "s3"], mayRemove: ["-1", "-3"] },
  { name: "clear", args: ["clear", "--yes"], mayRemove: ["-1", "-2", "-3", "-4", "-5"] },
  { name: "add --batch", args: ["add", "-q", "--batch", "batch.jsonl"] },
  { name: "reload --repair", args: ["reload", "--repair"], prepare: (cwd) => damage(cwd, "s2") },
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

/** Puts something else in the place of a pickle. */
function damage(cwd: string, name: string): void {
  const path = join(cwd, pickleOf(cwd, name));
  const content = readFileSync(path);
  content.writeUInt8(content.readUInt8(100) ^ 1, 100);
  rmSync(path);
  writeFileSync(path, content);
}

/** What must hold after a command was killed, whatever it had done. */
async function check(cwd: string, scene: Scene, printed: readonly string[]): Promise<void> {
  const damaged = scene.prepare ? new Set([pickleOf(cwd, "s2")]) : new Set<string>();
  // As long as it is not mended; then it is another file.
  const { states, nextSessionId } = readWhole(cwd, damaged);
  const ids = states.map(({ sessionId }) => sessionId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Math.min(0, ...ids)).toBeGreaterThan(nextSessionId);
  const gone = new Set(scene.mayRemove);
  const promised = ["-1", "-2", "-3", "-4", "-5"].filter((id) => !gone.has(id));
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

function copyOf(template: string, { prepare }: Scene): string {
  const cwd = temporaryFolder();
  cpSync(template, cwd, { recursive: true });
  prepare?.(cwd);
  return cwd;
}

describe("a command that is killed", () => {
  it.each(SCENES)(
    "leaves a whole cache at each step of $name",
    async (scene) => {
      const five = await template();
      const CALLS = join(temporaryFolder(), "calls.json");
      const rehearsal = { cwd: copyOf(five, scene), program: faultyProgram, env: { CALLS } };
      await succeed(scene.args, rehearsal);
      const { length } = JSON.parse(readFileSync(CALLS, "utf8")) as Call[];
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
    isLong ? 1_200_000 : undefined,
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
    isLong ? 1_200_000 : undefined,
  );
});
