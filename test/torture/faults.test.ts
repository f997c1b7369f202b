import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isSystemError, LeanPickleError } from "../../src/errors.ts";
import { addToCache } from "../../src/session/add/add-to-cache.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import { carryOut, planPrune } from "../../src/store/maintenance/prune.ts";
import { describeSystemError } from "../../src/system/system-error.ts";
import { code } from "../support/additions.ts";
import { temporaryFolder } from "../support/folders.ts";
import { garbage, readWhole } from "../support/kill-loop.ts";
import { simulate } from "../support/servers.ts";
import { type Call, FAULT_CODES, type Fault, inject } from "./faults.ts";
import { isLong, tell } from "./scale.ts";

/** Something that changes a cache. */
interface Scene {
  name: string;
  /** How many states are there before. */
  before: number;
  act(workingDir: string): Promise<unknown>;
  /** How many are there once it is done. */
  after: number;
}

const SCENES: Scene[] = [
  { name: "the first addition", before: 0, act: (dir) => add(dir, "def a := 1", "a"), after: 1 },
  { name: "an addition", before: 2, act: (dir) => add(dir, "def a := 1", "a"), after: 3 },
  { name: "a removal", before: 2, act: (dir) => open(dir).remove(-1), after: 1 },
  { name: "a clearing", before: 2, act: (dir) => open(dir).clear(), after: 0 },
  { name: "a pruning", before: 2, act: prune, after: 0 },
  { name: "a renaming", before: 2, act: (dir) => add(dir, "def s0 := 1", "new"), after: 2 },
];

function open(workingDir: string): PickleSessionCache {
  return new PickleSessionCache(workingDir, { lockTimeout: 0.5 });
}

async function add(workingDir: string, text: string, name: string): Promise<void> {
  const addition = { code: code(text), tactics: [] };
  await addToCache(simulate().launch, open(workingDir), addition, { name });
}

async function prune(workingDir: string): Promise<void> {
  const cache = open(workingDir);
  const { garbage, states } = await planPrune(cache, { maxBytes: 0 });
  await carryOut(workingDir, { lockTimeout: 0.5 }, { garbage, states, young: [] });
}

async function cacheOf(states: number): Promise<string> {
  const folder = temporaryFolder();
  for (let each = 0; each < states; each++) {
    await add(folder, `def s${each} := 1`, `s${each}`);
  }
  return folder;
}

function manifestText(folder: string): string {
  const path = join(folder, "lean-pickle.json");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** Does what a scene does while something goes wrong. */
async function actWith({ act }: Scene, folder: string, fault?: Fault) {
  const { calls, failed, end } = inject(fault);
  try {
    await act(folder);
    return { calls, failed, error: undefined };
  } catch (error) {
    return { calls, failed, error };
  } finally {
    end();
  }
}

/** Checks what is there after something went wrong. */
async function check(scene: Scene, template: string, fault: Fault): Promise<void> {
  const folder = temporaryFolder();
  cpSync(template, folder, { recursive: true });
  const { calls, failed, error } = await actWith(scene, folder, fault);
  const where = `${fault.what}${fault.goesOn ? " from" : " at"} ${JSON.stringify(calls[fault.at])}`;
  const { states } = readWhole(folder);
  const isDone = states.length === scene.after;
  if (error !== undefined) {
    expect(sentenceOf(error), where).toContain(folder);
    // What could be done, but neither synced nor ended well, is done.
    const isUntouched = manifestText(folder) === manifestText(template);
    // The manifest of an empty cache is written before the first pickle.
    const isBegun = manifestText(template) === "" && states.length === 0;
    expect(isUntouched || isBegun || isDone, where).toBe(true);
  } else {
    expect(isDone, where).toBe(true);
  }
  // What may not be gone from the manifest for good yet keeps its pickle.
  if (!failed.some(takesAway) && !(error && isDone)) {
    expect(garbage(folder), where).toEqual([]);
  }
  // One that could not be given back is held as long as this process lives.
  if (!existsSync(join(folder, "session_cache", "manifest.lock"))) {
    await (isDone ? add(folder, "def again := 1", "again") : scene.act(folder));
    expect(readWhole(folder).states.length, where).toBe(isDone ? scene.after + 1 : scene.after);
  }
}

/** What a call was to take away may stay where it fails. */
function takesAway({ name, path }: Call): boolean {
  return /^(rm|rmdir|readdir|lstatSync)$/.test(name) || path.endsWith("manifest.lock");
}

/** What a person is told of an error, which must be one that was foreseen. */
function sentenceOf(error: unknown): string {
  if (isSystemError(error)) {
    return describeSystemError(error);
  }
  if (error instanceof LeanPickleError) {
    return error.message;
  }
  throw error;
}

/** Each error of the system at each call; in a short run one at each, another one each time. */
function faultsAt(at: number): Fault[] {
  const all = FAULT_CODES.flatMap((what): Fault[] => [
    { at, what },
    { at, what, goesOn: true },
  ]);
  return isLong ? all : all.filter((_, index) => index === at % all.length);
}

describe("where the system fails", () => {
  it.each(SCENES)(
    "$name says so, and leaves the cache as it was",
    async (scene) => {
      const template = await cacheOf(scene.before);
      const rehearsal = temporaryFolder();
      cpSync(template, rehearsal, { recursive: true });
      const { calls, error } = await actWith(scene, rehearsal);
      expect(error).toBe(undefined);
      const some = calls.map((_, at) => at).filter((at) => isLong || at % 3 === scene.before % 3);
      const faults = some.flatMap(faultsAt);
      const found: string[] = [];
      for (const fault of faults) {
        await check(scene, template, fault).catch((problem) => found.push(String(problem)));
      }
      expect(found).toEqual([]);
      tell(`faults of the system in ${scene.name}: ${faults.length} at ${calls.length} calls`);
    },
    isLong ? 3_600_000 : undefined,
  );
});
