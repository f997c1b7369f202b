/** The remote of a command: opening it, and reporting what it did. Only here is its code loaded. */
import type { Output } from "../output/output.ts";
import { formatBytes, plural } from "../output/text.ts";
import type { Remote, RemoteNote } from "../remote/remote.ts";
import type { ReplLaunch } from "../repl/connection.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { StatePusher } from "../session/share/push-states.ts";
import type { RemoteStates } from "../session/share/remote-states.ts";
import type { ManifestState } from "../store/manifest/schema.ts";
import type { Context } from "./context.ts";
import { callState } from "./states.ts";

/**
 * Opens the remote that `--remote` or `LEAN_PICKLE_REMOTE` names; undefined if none does.
 * @param failures takes a sentence for each request that failed
 * @throws {LeanPickleError} `usage` for a remote or a setting of it that is not usable
 */
export async function openRemote(
  { options, output, signal }: Context,
  failures: string[] = [],
): Promise<Remote | undefined> {
  if (options.remote === undefined) {
    return undefined;
  }
  const { readRemoteConfig } = await import("../remote/config.ts");
  const { Remote } = await import("../remote/remote.ts");
  const config = readRemoteConfig(options.remote);
  const onNote = ({ kind, sentence }: RemoteNote): void => {
    if (kind === "failure") {
      failures.push(sentence);
    }
    if (kind === "miss" || (kind === "failure" && output.verbose)) {
      output.note(sentence);
    } else if (kind !== "failure") {
      output.warn(sentence);
    }
  };
  return config && new Remote(config, { signal, onNote });
}

/** The remote of `add`: what the cache does not hold comes from there, and goes there. */
export class AddRemote {
  readonly states: RemoteStates;
  readonly #context: Context;
  readonly #pusher: StatePusher | undefined;
  readonly #failures: readonly string[];

  private constructor(
    context: Context,
    states: RemoteStates,
    pusher: StatePusher | undefined,
    failures: readonly string[],
  ) {
    this.#context = context;
    this.states = states;
    this.#pusher = pusher;
    this.#failures = failures;
  }

  /** As {@link openRemote}. */
  static async open(
    context: Context,
    cache: PickleSessionCache,
    launch: ReplLaunch,
  ): Promise<AddRemote | undefined> {
    const failures: string[] = [];
    const remote = await openRemote(context, failures);
    if (!remote) {
      return undefined;
    }
    const { RemoteStates } = await import("../session/share/remote-states.ts");
    const { StatePusher } = await import("../session/share/push-states.ts");
    const isWritten = remote.config.mode === "readwrite";
    const pusher = isWritten ? new StatePusher(cache, remote) : undefined;
    const states = new RemoteStates(remote, cache.workingDir, launch);
    return new AddRemote(context, states, pusher, failures);
  }

  /** Begins to send states that were made, if the remote is to be written. */
  send(states: readonly ManifestState[]): void {
    this.#pusher?.add(states);
  }

  /** Waits until all is sent, and closes the remote. What failed is one warning, if there was none. */
  async close(): Promise<void> {
    const { output } = this.#context;
    const pushed = (await this.#pusher?.finish()) ?? [];
    this.states.remote.close();
    if (this.states.remote.isOff) {
      return;
    }
    const failed = pushed.find(({ status }) => status === "failed");
    const [failure = failed && `${callState(failed.state)}: ${failed.message}`] = this.#failures;
    if (failure !== undefined) {
      output.warn(failure);
    }
  }
}

/** Reports what the remote did: `From the remote: 12 states, 1.2 MB; it did not have 3.` */
export function tellCounters(output: Output, { counters }: Remote): void {
  const { fetched, missing, sent, bytesReceived, bytesSent } = counters;
  const parts = [
    `${plural(fetched, "state")} came (${formatBytes(bytesReceived)})`,
    `${missing} ${missing === 1 ? "was" : "were"} missing`,
    `${sent} ${sent === 1 ? "was" : "were"} sent (${formatBytes(bytesSent)})`,
  ];
  output.note(`Remote: ${parts.join(", ")}.`);
}
