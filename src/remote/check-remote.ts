/** Whether a remote works, for `doctor`: reachable, readable, writable, and what else goes wrong. */
import { CircuitBreaker } from "./circuit-breaker.ts";
import { isLoopback, type RemoteConfig } from "./config.ts";
import { credentialProvider } from "./credentials.ts";
import { REMOTE_LIMITS } from "./limits.ts";
import { collect, ObjectStore, uploadOf } from "./object-store.ts";
import type { RemoteOptions } from "./remote.ts";
import { RemoteError } from "./remote-error.ts";

/** What was checked. */
export type RemoteCheck =
  | "encryption"
  | "credentials"
  | "reachable"
  | "clock"
  | "readable"
  | "writable"
  | "signatures";

/** What one check found. */
export interface RemoteFinding {
  check: RemoteCheck;
  /** `unknown`: it cannot be said, or something else must be put right first. */
  status: "ok" | "warning" | "problem" | "unknown";
  /** A whole sentence. */
  sentence: string;
}

/** What the probe object holds. */
const PROBE = Buffer.from("lean-pickle doctor\n");

/** One name for all probes, so that at most one is left where nothing can be removed. */
const PROBE_PATH = "v1/probe/doctor";

/** AWS accepts no signature of a clock that differs by more than 15 minutes. */
const MOST_SKEW_MS = 5 * 60_000;

/**
 * Checks a remote. With credentials it writes, reads and removes `v1/probe/doctor`.
 * @throws only the reason of the signal
 */
export async function checkRemote(
  config: RemoteConfig,
  options: Omit<RemoteOptions, "onNote"> = {},
): Promise<RemoteFinding[]> {
  const limits = { ...REMOTE_LIMITS, ...options.limits };
  const findings: RemoteFinding[] = [];
  const add = (check: RemoteCheck, status: RemoteFinding["status"], sentence: string) =>
    findings.push({ check, status, sentence });
  const credentials = credentialProvider(
    config.credentials,
    (sentence) => add("credentials", "warning", sentence),
    options.loadChain,
  );
  const breaker = new CircuitBreaker(limits, () => undefined);
  let date: string | undefined;
  let answered = false;
  const onAnswer = ({ headers }: { headers: { date?: string | undefined } }) => {
    answered = true;
    date ??= headers.date;
  };
  const store = new ObjectStore({ config, credentials, limits, breaker, onAnswer });
  const attempt = (request: () => Promise<unknown>) => errorOf(request, options.signal);
  const read = () =>
    store.read(PROBE_PATH, PROBE.length, ({ chunks }) => collect(chunks), options.signal);

  try {
    findings.push(...checkConfig(config));
    const began = Date.now();
    const readError = await attempt(read);
    if (!answered) {
      add("reachable", "problem", `${config.url} cannot be reached: ${readError?.message}.`);
      return findings;
    }
    add("reachable", "ok", `${config.url} answers.`);
    findings.push(...checkClock(date, (began + Date.now()) / 2));
    if (readError && readError.kind !== "forbidden" && readError.kind !== "misfit") {
      add("readable", "problem", `It cannot be read: ${readError.message}.`);
      return findings;
    }
    const writeFinding = await checkWriting(config, store, attempt, options.signal);
    // What is not there is often answered like what is not allowed; the probe is there now.
    const isWritten = writeFinding.status === "ok" && config.credentials.kind !== "anonymous";
    const lastError =
      isWritten && readError?.kind === "forbidden" ? await attempt(read) : readError;
    findings.push(readingFinding(lastError), writeFinding);
    await attempt(() => (isWritten ? store.remove(PROBE_PATH, options.signal) : Promise.resolve()));
    return findings;
  } finally {
    store.close();
  }
}

/** What can be said without asking the remote. */
function checkConfig(config: RemoteConfig): RemoteFinding[] {
  const { base, credentials, signingKey, trustedKeys } = config;
  const findings: RemoteFinding[] = [];
  if (base.protocol === "http:" && !isLoopback(base) && trustedKeys.size === 0) {
    const sentence = `${base.origin} is not encrypted, so anyone on the way can change what is read. LEAN_PICKLE_REMOTE_KEYS would show that.`;
    findings.push({ check: "encryption", status: "warning", sentence });
  }
  const from = {
    keys: "The credentials are those of AWS_ACCESS_KEY_ID.",
    chain: "because" in credentials ? `The credentials come from ${credentials.because}.` : "",
    anonymous: "There are no credentials: it is read anonymously.",
  }[credentials.kind];
  findings.push({ check: "credentials", status: "ok", sentence: from });
  if (signingKey && trustedKeys.size > 0 && !trustedKeys.has(signingKey.id)) {
    const sentence = `LEAN_PICKLE_REMOTE_KEYS does not hold the public key of LEAN_PICKLE_REMOTE_SIGN_KEY (${signingKey.id}), so this machine does not take what it pushes.`;
    findings.push({ check: "signatures", status: "warning", sentence });
  } else {
    const signs = signingKey ? `signed with the key ${signingKey.id}` : "not signed";
    const takes =
      trustedKeys.size > 0
        ? `only those signed by ${[...trustedKeys.keys()].join(" or ")} are taken`
        : "those of the remote are restored by their recipes, since no public key is configured";
    const sentence = `Pushed states are ${signs}; ${takes}.`;
    findings.push({ check: "signatures", status: "ok", sentence });
  }
  return findings;
}

function checkClock(date: string | undefined, now: number): RemoteFinding[] {
  const skew = now - Date.parse(date ?? "");
  if (Number.isNaN(skew)) {
    return [{ check: "clock", status: "unknown", sentence: "It does not say what time it is." }];
  }
  const seconds = Math.abs(Math.round(skew / 1000));
  const isFar = Math.abs(skew) > MOST_SKEW_MS;
  const direction = skew > 0 ? "ahead of" : "behind";
  const sentence = isFar
    ? `The clock of this machine is ${seconds} s ${direction} the remote's. Signatures are not accepted if it is more than 15 minutes.`
    : `The clocks differ by ${seconds} s.`;
  return [{ check: "clock", status: isFar ? "problem" : "ok", sentence }];
}

async function checkWriting(
  config: RemoteConfig,
  store: ObjectStore,
  attempt: (request: () => Promise<unknown>) => Promise<RemoteError | undefined>,
  signal: AbortSignal | undefined,
): Promise<RemoteFinding> {
  const check = "writable";
  const mustWrite = config.mode === "readwrite";
  if (config.kind === "web") {
    return { check, status: "ok", sentence: "A web server is only read." };
  }
  if (config.credentials.kind === "anonymous") {
    const status = mustWrite ? "problem" : "ok";
    return { check, status, sentence: "Without credentials it is only read." };
  }
  const error = await attempt(() => store.put(PROBE_PATH, uploadOf(PROBE, "text/plain"), signal));
  if (!error) {
    return { check, status: "ok", sentence: "It can be written." };
  }
  const isReader = error.kind === "forbidden" && !mustWrite;
  return {
    check,
    status: isReader ? "warning" : "problem",
    sentence: `It cannot be written: ${error.message}.`,
  };
}

function readingFinding(error: RemoteError | undefined): RemoteFinding {
  if (!error || error.kind === "misfit") {
    return { check: "readable", status: "ok", sentence: "It can be read." };
  }
  if (error.kind === "forbidden") {
    const sentence = `${error.message}, as for what is not there and what is not allowed. A state that is there may be readable.`;
    const capital = sentence.charAt(0).toUpperCase() + sentence.slice(1);
    return { check: "readable", status: "unknown", sentence: capital };
  }
  return {
    check: "readable",
    status: "problem",
    sentence: `It cannot be read: ${error.message}.`,
  };
}

/** How a request failed; undefined if it did not. */
async function errorOf(
  request: () => Promise<unknown>,
  signal: AbortSignal | undefined,
): Promise<RemoteError | undefined> {
  try {
    await request();
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof RemoteError) {
      return error;
    }
    throw error;
  }
}
