/** Servers that start anew, with a cache of their own. */
import { PickleSessionCache } from "../../src/session/pickle-session-cache.ts";
import { temporaryFolder } from "./folders.ts";
import { simulate, startAutoServer } from "./servers.ts";

/** A server on the stand-in with an empty cache, and what the stand-in logs. */
export function newServer(settings: Record<string, string> = {}, options = {}) {
  const { launch, log } = simulate(settings);
  const sessionCache = new PickleSessionCache(temporaryFolder());
  const server = startAutoServer(launch, { sessionCache, ...options });
  const starts = () => log().filter(({ event }) => event === "start").length;
  return { server, starts, log, cache: sessionCache };
}
