import { LeanPickleError } from "../../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../../repl/connection.ts";
import { LeanServer } from "../../repl/lean-server.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { blameRepl } from "../repl-proof.ts";
import { findOtherLean } from "../restore/by-pickle.ts";
import { whyNotLoaded } from "../restore/verdicts.ts";
import type { MakerOptions } from "../steps/run-steps.ts";

/** What a REPL of its own is started with. */
export interface BaseOptions extends LeanServerOptions, Pick<MakerOptions, "onStep"> {
  /** Called with each REPL before it is asked anything. */
  prepare?: ((server: LeanServer) => void) | undefined;
}

/** A REPL, and the id that a base has in it; undefined where there is none. */
interface StartedOnBase {
  server: LeanServer;
  baseId: number | undefined;
}

/**
 * Starts a REPL, loads a base into it, does a piece of work there, and ends it.
 * @throws {LeanPickleError} `not-loaded`, `no-such-state`, `timeout`, and `no-repl` where what runs
 * is no REPL
 */
export async function workOnBase<T>(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  base: ManifestState | undefined,
  options: BaseOptions,
  work: (server: LeanServer, baseId: number | undefined) => Promise<T>,
): Promise<T> {
  let server: LeanServer | undefined;
  try {
    const started = await startOnBase(launch, cache, base, options);
    server = started.server;
    return await work(server, started.baseId);
  } catch (error) {
    throw await blameRepl(launch, error, options.signal);
  } finally {
    await server?.close();
  }
}

/**
 * Starts a REPL and loads a base into it. A pickle that was replaced while it was being loaded takes
 * the REPL with it: then another one loads the new pickle.
 */
async function startOnBase(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  base: ManifestState | undefined,
  options: BaseOptions,
): Promise<StartedOnBase> {
  const unfit = base && findOtherLean(launch, base);
  if (unfit) {
    throw whyNotLoaded(base.sessionId, unfit);
  }
  options.onStep?.(base ? `Loading ${base.name ?? base.sessionId}` : "Starting Lean");
  for (let pickleFile = base?.pickleFile; ; ) {
    const server = new LeanServer(launch, options);
    try {
      options.prepare?.(server);
      const baseId = base && (await cache.load(base.sessionId, server, options.timeout));
      return { server, baseId };
    } catch (error) {
      await server.close();
      const now = base && cache.get(base.sessionId)?.entry.pickleFile;
      const isReplaced = now !== undefined && now !== pickleFile;
      if (!isReplaced || !(error instanceof LeanPickleError) || error.code !== "not-loaded") {
        throw error;
      }
      pickleFile = now;
    }
  }
}
