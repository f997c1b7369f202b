import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { RemoteConfig } from "../../src/remote/config.ts";
import type { RemoteLimits } from "../../src/remote/limits.ts";
import { Remote, type RemoteNote } from "../../src/remote/remote.ts";
import { temporaryFolder } from "../support/folders.ts";
import { startServer } from "./http-server.ts";
import { configAt, type Sample, sampleState, writePickle } from "./samples.ts";

/** Credentials that the test server does not check. */
export const KEYS = { AWS_ACCESS_KEY_ID: "AK", AWS_SECRET_ACCESS_KEY: "SK" };
/** Where the test server has the objects of the remote. */
export const PREFIX = "/bucket/prefix/";

/** For what is to be waited for. */
export const SHORT: Partial<RemoteLimits> = { connectMs: 50, stallMs: 50, retryMs: 1 };

/** A remote, and what it notes. */
export function open(
  config: RemoteConfig,
  limits: Partial<RemoteLimits> = {},
  signal?: AbortSignal,
) {
  const notes: RemoteNote[] = [];
  const onNote = (note: RemoteNote) => notes.push(note);
  const remote = new Remote(config, { onNote, signal, limits: { retryMs: 1, ...limits } });
  onTestFinished(() => remote.close());
  const sentences = (...kinds: RemoteNote["kind"][]) =>
    notes.filter(({ kind }) => kinds.includes(kind)).map(({ sentence }) => sentence);
  return { remote, notes, sentences };
}

/** A server that holds a state, and a remote that reads it. */
export async function filled(limits: Partial<RemoteLimits> = {}, env: NodeJS.ProcessEnv = {}) {
  const server = await startServer();
  const folder = temporaryFolder();
  const sample = sampleState();
  const writer = open(configAt(server.endpoint, { ...KEYS, ...env }));
  await writer.remote.push(sample.parts, writePickle(folder, sample));
  server.requests.length = 0;
  const target = join(folder, "fetched.olean");
  return { server, folder, sample, target, ...open(configAt(server.endpoint, env), limits) };
}

/** Finds the state and fetches its pickle. */
export async function fetchState(
  remote: Remote,
  { key }: Sample,
  target: string,
): Promise<boolean> {
  const found = await remote.find(key);
  return found !== undefined && (await remote.fetchPickle(found, target));
}
