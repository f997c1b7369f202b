/** Caches with states over imports, and what the stand-in did to check them. */
import { chmodSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LeanServer } from "../../src/repl/lean-server.ts";
import type { CommandAnswer } from "../../src/repl/protocol.ts";
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import type { RestoreMode } from "../../src/session/state/cache-types.ts";
import type { Manifest, ManifestState } from "../../src/store/manifest/schema.ts";
import type { LogEvent } from "../simulated-repl/index.ts";
import { temporaryFolder } from "./folders.ts";
import { startServer } from "./servers.ts";

/** A theorem about `marker`, which its goal shows. */
export function goalAbout(marker: string): string {
  return `theorem about_${marker} (${marker} : Prop) (h : ${marker}) : ${marker} := by sorry`;
}

/** A cache that was filled by a REPL which has ended; its states are restored by their pickles. */
export class FilledCache {
  readonly cache: PickleSessionCache;
  readonly #server: LeanServer;

  constructor(settings: Record<string, string> = {}, restore: RestoreMode = "pickle") {
    this.cache = new PickleSessionCache(temporaryFolder(), { restore });
    this.#server = startServer(settings);
  }

  /** All states, in the order of their session ids. */
  get states(): readonly ManifestState[] {
    return this.cache.manifest.states;
  }

  /** Adds the environment after code. */
  async environment(cmd: string, name?: string): Promise<number> {
    const request = { cmd };
    const answer = await this.#server.run(request);
    return await this.cache.add(this.#server, request, answer, { name });
  }

  /** Adds the proof state at the sorry of code. */
  async goal(cmd: string, name?: string): Promise<number> {
    const request = { cmd };
    const { sorries } = (await this.#server.run(request)) as CommandAnswer;
    const proofState = sorries?.[0]?.proofState ?? -1;
    return await this.cache.add(this.#server, request, { proofState, goals: [] }, { name });
  }

  /** Adds the environment after code on top of a state, in the process that made that. */
  async environmentOn(base: string, cmd: string, name?: string): Promise<number> {
    const request = { cmd, env: this.#idOf(base) };
    const answer = await this.#server.run(request);
    return await this.cache.add(this.#server, request, answer, { name });
  }

  /** As {@link environmentOn}, the proof state at the sorry of the code. */
  async goalOn(base: string, cmd: string, name?: string): Promise<number> {
    const request = { cmd, env: this.#idOf(base) };
    const { sorries } = (await this.#server.run(request)) as CommandAnswer;
    const proofState = sorries?.[0]?.proofState ?? -1;
    return await this.cache.add(this.#server, request, { proofState, goals: [] }, { name });
  }

  /** Adds the proof state after a tactic. */
  async tacticOn(base: number, tactic: string, name?: string): Promise<number> {
    const request = { tactic, proofState: this.#idOf(base) };
    const answer = await this.#server.run(request);
    return await this.cache.add(this.#server, request, answer, { name });
  }

  #idOf(base: string | number): number {
    const sessionId = this.cache.find(String(base))?.sessionId ?? 0;
    return this.cache.getReplId(sessionId, this.#server) ?? -1;
  }

  /** Changes what the manifest says of a state. */
  record(sessionId: number, changes: Partial<ManifestState>): void {
    this.#rewrite((manifest) => {
      Object.assign(manifest.states.find((state) => state.sessionId === sessionId) ?? {}, changes);
    });
  }

  /** Takes all recipes out of the manifest. */
  forgetRecipes(): void {
    this.#rewrite((manifest) => {
      manifest.recipes = {};
    });
  }

  #rewrite(change: (manifest: Manifest) => void): void {
    const path = join(this.cache.workingDir, "lean-pickle.json");
    const manifest = JSON.parse(readFileSync(path, "utf8"));
    change(manifest);
    writeFileSync(path, JSON.stringify(manifest));
    this.cache.refresh();
  }

  /** What lies in the cache and is no state's. */
  leftOvers(): string[] {
    const marks = ["CACHEDIR.TAG", ".gitignore", "manifest.bak", "tmp"];
    const own = marks.map((name) => `session_cache/${name}`);
    const named = new Set([...own, ...this.states.map(({ pickleFile }) => pickleFile)]);
    const folder = join(this.cache.workingDir, "session_cache");
    const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return names.map((name) => `session_cache/${name}`).filter((name) => !named.has(name));
  }

  /** Cuts off the end of a state's pickle. */
  damage(sessionId: number): void {
    const path = this.cache.get(sessionId)?.pickleFile ?? "";
    chmodSync(path, 0o600);
    truncateSync(path, 100);
  }

  /** A part of the name of a state's pickle, which is in every request that names it. */
  fileOf(sessionId: number): string {
    return this.cache.get(sessionId)?.entry.pickleFile.slice(-20) ?? "";
  }
}

/** How many imports each process made, in the order in which they were started. */
export function importsPerProcess(log: readonly LogEvent[]): number[] {
  const pids = log.filter(({ event }) => event === "start").map(({ pid }) => pid);
  return pids.map((of) => imports(log.filter(({ pid }) => pid === of)).length);
}

/** What was imported, in order; code without imports has only Init, which costs little. */
export function imports(log: readonly LogEvent[]): string[] {
  const imported = log.filter(({ event }) => event === "import").map(({ detail }) => detail);
  return imported.filter((detail) => detail !== "Init");
}
