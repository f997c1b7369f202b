/** The program, killed or interrupted again and again in the middle of a batch, and what is there after each time. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "vitest";
import { checkManifest, type Manifest } from "../../src/store/manifest/schema.ts";
import { jsonLines } from "./batches.ts";
import { type Surroundings, start, succeed } from "./program.ts";

/** How a batch is killed. */
export interface KillLoop {
  cwd: string;
  lines: readonly object[];
  /** How many states the lines make. */
  states: number;
  /** How often it is killed before it has come to its end. */
  kills: number;
  /** Decides on the instants. */
  seed: number;
  /** Settings of the stand-in. */
  repl?: Record<string, string>;
  /** SIGINT ends it in order: then nothing may be left behind. */
  signal: "SIGKILL" | "SIGINT";
}

/** What came of one round. */
export interface Round {
  /** Whether it was killed before it had come to its end. */
  killed: boolean;
  /** How many lines it printed. */
  printed: number;
  /** How many states were there afterwards. */
  states: number;
}

/** At most how many signs of life a batch gives before it is killed. */
const MOST_SIGNS = 400;

/**
 * Starts a batch, kills it at a random instant, and checks the cache; then starts it
 * again. Where all states are there the cache is cleared, so that each round has something to do.
 */
export async function killAgainAndAgain(loop: KillLoop): Promise<Round[]> {
  const { cwd, lines } = loop;
  writeFileSync(join(cwd, "batch.jsonl"), jsonLines(lines));
  const random = generator(loop.seed);
  const rounds: Round[] = [];
  while (rounds.filter(({ killed }) => killed).length < loop.kills) {
    const victim = { ...loop, args: ["add", "-q", "--batch", "batch.jsonl"] };
    const { killed, printed } = await killAfter(victim, Math.floor(random() * MOST_SIGNS));
    const { states } = readWhole(cwd);
    const ids = new Set(states.map(({ sessionId }) => String(sessionId)));
    // What was printed is kept.
    expect(printed.flatMap((line) => line.split(" ")).filter((id) => !ids.has(id))).toEqual([]);
    if (loop.signal === "SIGINT" && existsSync(join(cwd, "session_cache"))) {
      expect(garbage(cwd)).toEqual([]);
    }
    rounds.push({ killed, printed: printed.length, states: states.length });
    if (states.length === loop.states) {
      await succeed(["clear", "--yes"], { cwd });
    }
  }
  return rounds;
}

/** What is killed, and how. */
interface Victim extends Surroundings {
  args: readonly string[];
  signal: KillLoop["signal"];
}

/**
 * Kills the program after this many signs of life: lines that it prints, changes in its folders.
 * @param codes the exit codes, beside 0, that it may come to where it was not killed
 */
export async function killAfter(
  { args, signal, ...surroundings }: Victim,
  signs: number,
  codes: readonly number[] = [],
): Promise<{ killed: boolean; printed: string[] }> {
  const { cwd } = surroundings;
  const { child, ended } = start(args, surroundings);
  let left = signs;
  const count = () => {
    if (left-- === 0) {
      child.kill(signal);
    }
  };
  const printed: string[] = [];
  if (child.stdout) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      printed.push(line);
      count();
    });
  }
  const folders = [cwd, join(cwd, "session_cache"), join(cwd, "session_cache", "tmp")];
  const watchers = folders.filter((path) => existsSync(path)).map((path) => watch(path, count));
  const end = await ended;
  for (const watcher of watchers) {
    watcher.close();
  }
  // Without a code where a signal ended it: SIGINT too, before the program has begun.
  expect([0, 130, null, ...codes], end.stderr).toContain(end.code);
  return { killed: end.code === null || end.code === 130, printed };
}

/**
 * The manifest of a cache, of which each state must have its whole pickle, and a key of its own.
 * @param damaged the files of pickles that need not be whole
 */
export function readWhole(cwd: string, damaged: ReadonlySet<string> = new Set()): Manifest {
  const folder = readdirSync(cwd);
  if (!folder.includes("lean-pickle.json")) {
    const cached = folder.includes("session_cache") ? readdirSync(join(cwd, "session_cache")) : [];
    expect(cached.filter((name) => /^manifest\.bak$|\.olean$/.test(name))).toEqual([]);
    return { version: 1, revision: 0, nextSessionId: -1, states: [], recipes: {} };
  }
  const checked = checkManifest(JSON.parse(readFileSync(join(cwd, "lean-pickle.json"), "utf8")));
  if (!checked.ok) {
    throw new Error(`the manifest is damaged: ${checked.problem}`);
  }
  const { manifest } = checked;
  expect(new Set(manifest.states.map(({ key }) => key)).size).toBe(manifest.states.length);
  for (const { pickleFile, bytes, sha256 } of manifest.states) {
    if (damaged.has(pickleFile)) {
      continue;
    }
    const content = readFileSync(join(cwd, pickleFile));
    const found = [content.length, createHash("sha256").update(content).digest("hex")];
    expect([pickleFile, ...found]).toEqual([pickleFile, bytes, sha256]);
  }
  return manifest;
}

/** What lies in the folder of a cache and is neither its own nor the pickle of a state. */
export function garbage(cwd: string): string[] {
  const named = new Set(readWhole(cwd).states.map(({ pickleFile }) => pickleFile));
  const own = new Set(["CACHEDIR.TAG", ".gitignore", "manifest.bak", "tmp"]);
  const folder = join(cwd, "session_cache");
  const names = existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: "utf8" })
    : [];
  return names.filter((name) => !named.has(`session_cache/${name}`) && !own.has(name));
}

/** Random numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
