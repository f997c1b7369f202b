/** Caches whose pickles no Lean has written: what only looks at bytes needs no more. */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Manifest, ManifestState } from "../../src/store/manifest/schema.ts";
import { temporaryFolder } from "./folders.ts";
import { anyManifest, anyState } from "./manifests.ts";

/** A header of format 2, as a pickle of this version of Lean begins. */
export function oleanHeader(version: string, gitHash = "a".repeat(40)): Buffer {
  const header = Buffer.alloc(88);
  header.write("olean", 0);
  header[5] = 2;
  header.write(version, 7);
  header.write(gitHash, 40);
  return header;
}

/** What is to be stored of a state, besides what {@link anyState} has. */
export interface Stored {
  content?: Buffer;
  /** How long ago it was used, in seconds. */
  unusedFor?: number;
  changes?: Partial<ManifestState>;
}

/** A folder with a cache of these states, with the ids -1, -2, ... */
export function storedStates(
  stored: readonly Stored[],
  recipes: Manifest["recipes"] = {},
): { folder: string; states: ManifestState[] } {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "session_cache", "tmp"), { recursive: true, mode: 0o700 });
  chmodSync(join(folder, "session_cache"), 0o700);
  const states = stored.map((each, at) => store(folder, -1 - at, each));
  writeManifest(folder, anyManifest(states, { recipes }));
  return { folder, states };
}

function store(folder: string, sessionId: number, { content, unusedFor = 0, changes }: Stored) {
  const bytes = content ?? Buffer.concat([oleanHeader("4.33.0"), Buffer.from(`${sessionId}`)]);
  const state = anyState(sessionId, {
    bytes: bytes.length,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    lean: { toolchain: null, version: "4.33.0", gitHash: "a".repeat(40) },
    ...changes,
  });
  const path = join(folder, state.pickleFile);
  writeFileSync(path, bytes, { mode: 0o400 });
  const usedAt = Date.now() / 1000 - unusedFor;
  utimesSync(path, usedAt, usedAt);
  return state;
}

/** Writes a manifest as it is. */
export function writeManifest(folder: string, manifest: Manifest): void {
  writeFileSync(join(folder, "lean-pickle.json"), JSON.stringify(manifest), { mode: 0o600 });
}

/** The manifest as it is. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "lean-pickle.json"), "utf8"));
}

/** The path of the pickle of a state, by the place of the state in the manifest. */
export function pickleAt(folder: string, place: number): string {
  const state = readManifest(folder).states[place];
  if (!state) {
    throw new Error(`there is no state at ${place} in ${folder}`);
  }
  return join(folder, state.pickleFile);
}

/** The ids of the states that the manifest has. */
export function idsIn(folder: string): number[] {
  return readManifest(folder).states.map(({ sessionId }) => sessionId);
}

/** Flips one bit of a file. */
export function flipBit(path: string, bit: number): void {
  const content = readFileSync(path);
  const at = bit % (content.length * 8);
  content[at >> 3] = (content[at >> 3] ?? 0) ^ (1 << (at & 7));
  chmodSync(path, 0o600);
  writeFileSync(path, content);
}

/** Makes a file look as if it had been written this many seconds ago. */
export function makeOld(path: string, seconds: number): void {
  const then = Date.now() / 1000 - seconds;
  utimesSync(path, then, then);
}
