import { LeanPickleError } from "../errors.ts";
import type { LeanServerOptions, ReplLaunch } from "../repl/connection.ts";
import { LeanServer } from "../repl/lean-server.ts";
import type { ManifestState } from "../store/manifest.ts";
import type { MakerOptions } from "./making.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";

/** A REPL, and the id that a base has in it; undefined where there is none. */
export interface StartedOnBase {
  server: LeanServer;
  baseId: number | undefined;
}

/**
 * Starts a REPL and loads a base into it. A pickle that was replaced while it was being loaded takes
 * the REPL with it: then another one loads the new pickle.
 * @param prepare called with each REPL before it is asked anything
 * @throws {LeanPickleError} `not-loaded`, `no-such-state`, `timeout`
 */
export async function startOnBase(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  base: ManifestState | undefined,
  options: LeanServerOptions & Pick<MakerOptions, "onStep">,
  prepare: (server: LeanServer) => void = () => {},
): Promise<StartedOnBase> {
  options.onStep?.(base ? `Loading ${base.name ?? base.sessionId}` : "Starting Lean");
  for (let pickleFile = base?.pickleFile; ; ) {
    const server = new LeanServer(launch, options);
    try {
      prepare(server);
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
