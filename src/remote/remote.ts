/** A remote: states that several machines share. */
import { isSystemError } from "../errors.ts";
import { describeSystemError } from "../system/system-error.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import type { RemoteConfig } from "./config.ts";
import { type CredentialChain, credentialProvider } from "./credentials.ts";
import { REMOTE_LIMITS, type RemoteLimits } from "./limits.ts";
import { collect, ObjectStore, uploadOf } from "./object-store.ts";
import { downloadPickle, picklePath, uploadPickle } from "./pickle-transfer.ts";
import { RemoteError } from "./remote-error.ts";
import type { TrustedKeys } from "./signature.ts";
import {
  parseStateFile,
  type RemoteState,
  renderStateFile,
  type StateParts,
} from "./state-file.ts";

/** Something that the user may want to know. */
export interface RemoteNote {
  /**
   * `miss`: what the remote has does not fit. `failure`: one request failed. Both are details.
   * `off`: the remote is off for the rest of the run. `write`: it cannot be written. `credentials`:
   * there are none. These three come at most once each, and are warnings.
   */
  kind: "miss" | "failure" | "off" | "write" | "credentials";
  /** A whole sentence. */
  sentence: string;
}

/** What a remote did in this run. */
export interface RemoteCounters {
  /** States that came from the remote, with their pickles. */
  fetched: number;
  /** States that the remote was asked for and did not give, for whatever reason. */
  missing: number;
  /** States that were sent. */
  sent: number;
  /** Bytes of states and pickles that came. */
  bytesReceived: number;
  /** Bytes of states and pickles that were sent. */
  bytesSent: number;
}

/** What a push sent. */
export interface PushResult {
  /** False if the remote had the state. */
  sent: boolean;
  /** Whether the pickle was sent too. */
  sentPickle: boolean;
  /** The bytes of both. */
  bytes: number;
}

/** The optional parts of a {@link Remote}. */
export interface RemoteOptions {
  /** Told what the user may want to know. */
  onNote?: ((note: RemoteNote) => void) | undefined;
  /** Ends every request, and is thrown by its reason. */
  signal?: AbortSignal | undefined;
  limits?: Partial<RemoteLimits> | undefined;
  /** Loads the credential chain of the AWS SDK. */
  loadChain?: (() => Promise<CredentialChain>) | undefined;
}

/** The path of the file of a state in a remote. */
export function statePath(key: string): string {
  return `v1/states/${key}.json`;
}

/**
 * The conversation with a remote in one run. Reading never fails: a remote that is broken, slow or
 * hostile has nothing. Requests may run side by side.
 */
export class Remote {
  readonly config: RemoteConfig;
  readonly counters: RemoteCounters = {
    fetched: 0,
    missing: 0,
    sent: 0,
    bytesReceived: 0,
    bytesSent: 0,
  };
  readonly #limits: RemoteLimits;
  readonly #store: ObjectStore;
  readonly #signal: AbortSignal | undefined;
  readonly #onNote: (note: RemoteNote) => void;
  #off = false;
  #writesOff: RemoteError | undefined;

  constructor(config: RemoteConfig, options: RemoteOptions = {}) {
    this.config = config;
    this.#limits = { ...REMOTE_LIMITS, ...options.limits };
    this.#signal = options.signal;
    this.#onNote = options.onNote ?? (() => undefined);
    const breaker = new CircuitBreaker(this.#limits, (why) => {
      this.#off = true;
      this.#note("off", `The remote ${config.url} is off for the rest of this run: ${why}.`);
    });
    const credentials = credentialProvider(
      config.credentials,
      (sentence) => this.#note("credentials", sentence),
      options.loadChain,
    );
    this.#store = new ObjectStore({ config, credentials, limits: this.#limits, breaker });
  }

  /** Whether the remote is off, so that nothing is asked of it any more. */
  get isOff(): boolean {
    return this.#off;
  }

  /** Closes the connections. */
  close(): void {
    this.#store.close();
  }

  /**
   * Looks a state up. What it returns is checked against its key and its signature; its pickle is
   * not there yet.
   * @throws only the reason of the signal
   */
  async find(key: string): Promise<RemoteState | undefined> {
    if (this.#off) {
      return undefined;
    }
    const what = `The state ${short(key)} of the remote`;
    const state = await this.#orMiss(what, () => this.#readState(key, this.config.trustedKeys));
    if (!state) {
      this.counters.missing += 1;
    }
    return state;
  }

  /**
   * Downloads the pickle of a state that {@link find} returned into a new file, whose length and
   * digest are checked. The directory is not synced.
   * @param path must not exist
   * @returns whether it is there; if not, neither is the file
   * @throws only the reason of the signal
   */
  async fetchPickle({ state }: RemoteState, path: string): Promise<boolean> {
    const what = `The pickle of the state ${short(state.key)} of the remote`;
    const isThere = await this.#orMiss(what, async () => {
      const { pickleBytes } = this.#limits;
      if (await downloadPickle(this.#store, state, path, pickleBytes, this.#signal)) {
        return true;
      }
      throw new RemoteError("misfit", "it is missing");
    });
    if (isThere) {
      this.counters.fetched += 1;
      this.counters.bytesReceived += state.bytes;
    } else {
      this.counters.missing += 1;
    }
    return isThere ?? false;
  }

  /**
   * Sends a state: its pickle first, its file last, so that an interruption leaves nothing that could
   * be read. What the remote has, and would be taken from it, is not sent again.
   * @param parts the state and its recipe from nothing to it; other fields are not sent
   * @param picklePath the pickle, which was checked
   * @param options `force` sends both, whatever is there
   * @throws {RemoteError} with a whole sentence; the system's error for an unreadable pickle
   */
  async push(
    parts: StateParts,
    picklePath: string,
    { force = false }: { force?: boolean } = {},
  ): Promise<PushResult> {
    try {
      return await this.#send(parts, picklePath, force);
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!(error instanceof RemoteError)) {
        throw error;
      }
      const doing = `Could not push the state ${short(parts.state.key)} to ${this.config.url}`;
      throw error.asSentence(doing);
    }
  }

  async #send(parts: StateParts, path: string, force: boolean): Promise<PushResult> {
    if (this.config.kind === "web") {
      throw new RemoteError("off", "a web server can only be read");
    }
    if (this.#writesOff) {
      throw this.#writesOff;
    }
    const { state } = parts;
    const file = this.#render(parts);
    if (!force && (await this.#hasWhole(state.key))) {
      return { sent: false, sentPickle: false, bytes: 0 };
    }
    const sendsPickle = force || !(await this.#hasPickle(state));
    if (sendsPickle) {
      await this.#write(() => uploadPickle(this.#store, state, path, this.#signal));
    }
    const upload = uploadOf(file, "application/json");
    await this.#write(() => this.#store.put(statePath(state.key), upload, this.#signal));
    const bytes = file.length + (sendsPickle ? state.bytes : 0);
    this.counters.sent += 1;
    this.counters.bytesSent += bytes;
    return { sent: true, sentPickle: sendsPickle, bytes };
  }

  /** The file of a state, which every reader takes. */
  #render(parts: StateParts): Buffer {
    const file = renderStateFile(parts, this.config.signingKey);
    if (file.length > this.#limits.stateBytes) {
      throw new RemoteError("misfit", `its file has ${file.length} bytes, more than are read`);
    }
    return file;
  }

  /** Whether the remote has a state that this machine would take, with its pickle. */
  async #hasWhole(key: string): Promise<boolean> {
    const { signingKey, trustedKeys } = this.config;
    const trusted = signingKey
      ? new Map(trustedKeys).set(signingKey.id, signingKey.publicKey)
      : trustedKeys;
    const state = await orUnseen(() => this.#readState(key, trusted));
    return state !== undefined && (await this.#hasPickle(state.state));
  }

  async #hasPickle(facts: { bytes: number; sha256: string }): Promise<boolean> {
    const found = await orUnseen(() => this.#store.head(picklePath(facts), this.#signal));
    return found?.bytes === facts.bytes;
  }

  /** @throws {RemoteError} `misfit` for a file that is not taken */
  async #readState(key: string, trusted: TrustedKeys): Promise<RemoteState | undefined> {
    const bytes = await this.#store.read(
      statePath(key),
      this.#limits.stateBytes,
      ({ chunks }) => collect(chunks),
      this.#signal,
    );
    if (!bytes) {
      return undefined;
    }
    this.counters.bytesReceived += bytes.length;
    const read = parseStateFile(bytes, key, trusted);
    if (!read.ok) {
      throw new RemoteError("misfit", `its file ${read.clause}`);
    }
    return read.state;
  }

  async #write(put: () => Promise<void>): Promise<void> {
    try {
      await put();
    } catch (error) {
      if (error instanceof RemoteError && error.kind === "forbidden" && !this.#writesOff) {
        this.#writesOff = new RemoteError("off", `it cannot be written: ${error.message}`);
        this.#note("write", `The remote ${this.config.url} cannot be written: ${error.message}.`);
      }
      throw error;
    }
  }

  /** What was read, or undefined with a note; a state that is not there, or not to be seen, needs none. */
  async #orMiss<T>(what: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (error instanceof RemoteError) {
        this.#noteMiss(what, error);
        return undefined;
      }
      if (isSystemError(error)) {
        this.#note("failure", `${what} was not stored. ${describeSystemError(error)}`);
        return undefined;
      }
      throw error;
    }
  }

  #noteMiss(what: string, error: RemoteError): void {
    if (error.kind === "misfit") {
      this.#note("miss", `${what} is not taken: ${error.message}.`);
    } else if (error.isFailure && !this.#off) {
      this.#note("failure", `${what} could not be read: ${error.message}.`);
    }
  }

  #note(kind: RemoteNote["kind"], sentence: string): void {
    this.#onNote({ kind, sentence });
  }
}

/** What was read before a write; what is not to be seen, or does not fit, counts as missing. */
async function orUnseen<T>(read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof RemoteError && (error.kind === "forbidden" || error.kind === "misfit")) {
      return undefined;
    }
    throw error;
  }
}

function short(key: string): string {
  return key.slice(0, 12);
}
