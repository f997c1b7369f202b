// What can be set about one process of the stand-in, by SIMULATED_REPL_* in its environment.

const PREFIX = "SIMULATED_REPL_";
/** A variable that is not understood: a fault that is silently off would make a test pass. */
export class SettingError extends Error {}
// What a text means, or nothing.
const whole = (/** @type {string} */ text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined);
const ordinal = (/** @type {string} */ text) => whole(text) || undefined;
const flag = (/** @type {string} */ text) => (/^[01]$/.test(text) ? text === "1" : undefined);
const some = (/** @type {string} */ text) => text || undefined;
const list = (/** @type {string} */ text) => text.split(",").map((each) => each.trim());
const bytes = (/** @type {number} */ most) => (/** @type {string} */ text) =>
  Buffer.byteLength(text) > most ? undefined : some(text);
/** @template {string} T @param {T[]} all */
const oneOf =
  (...all) =>
  (/** @type {string} */ text) =>
    all.find((each) => each === text);

/** @typedef {ReturnType<typeof readSettings>} Settings */
/** The settings of this process; README.md lists them. @param {NodeJS.ProcessEnv} environment */
export function readSettings(environment) {
  const unread = new Set(Object.keys(environment).filter((name) => name.startsWith(PREFIX)));
  /** @template T @template [D=undefined] @param {string} name @param {(text: string) => T | undefined} reader @param {D} [fallback] @returns {T | D} */
  function read(name, reader, fallback) {
    const text = environment[PREFIX + name];
    unread.delete(PREFIX + name);
    const value = text === undefined ? fallback : reader(text);
    if (text === undefined || value !== undefined) return /** @type {T | D} */ (value);
    throw new SettingError(`${PREFIX}${name} cannot be ${JSON.stringify(text)}`);
  }
  /** What strikes at a number or on a text. @param {string} name */
  const fault = (name) => ({ at: read(`${name}_AT`, ordinal), on: read(`${name}_ON`, some) });
  const commandMs = read("COMMAND_MS", whole, 0);
  const settings = {
    dialect: read("DIALECT", oneOf("4.33", "4.0.0"), "4.33"),
    leanVersion: read("LEAN_VERSION", bytes(33), "4.33.0-rc2"),
    gitHash: read("LEAN_GITHASH", bytes(40), "d117b78f17e6e09e6c8bd87b8fbb4a0ac1e83d2f"),
    oleanVersion: read("OLEAN_VERSION", oneOf("1", "2", "3"), "2"),
    modules: read("MODULES", list, ["Init", "Std", "Lean", "Mathlib"]),
    ignoreEnv: read("IGNORE_ENV", flag),
    sorryEnv: read("SORRY_ENV", oneOf("at", "before"), "at"),
    log: read("LOG", some),
    initMs: read("INIT_MS", whole, 0),
    importMs: read("IMPORT_MS", whole, 0),
    importMib: read("IMPORT_MIB", whole, 0),
    commandMs,
    tacticMs: read("TACTIC_MS", whole, commandMs),
    pickleMs: read("PICKLE_MS", whole, 0),
    // As a real one: 50 proof states took 370 ms, on an environment that took longer than that.
    unpickleMs: read("UNPICKLE_MS", whole, 7),
    crash: fault("CRASH"),
    segv: fault("SEGV"),
    hang: fault("HANG"),
    garbage: fault("GARBAGE"),
    closures: fault("CLOSURES"),
    hangInPickleAt: read("HANG_IN_PICKLE_AT", ordinal),
    truncatePickle: read("TRUNCATE_PICKLE", whole),
    changedGoals: read("CHANGED_GOALS", some),
    stderrAtStart: read("STDERR_AT_START", whole, 0),
    stderrPerRequest: read("STDERR_PER_REQUEST", whole, 0),
    banner: read("BANNER", some),
    chunkBytes: read("CHUNK_BYTES", ordinal),
    chunkMs: read("CHUNK_MS", whole, 0),
    ignoreSigterm: read("IGNORE_SIGTERM", flag),
    child: read("CHILD", oneOf("quiet", "inherit")),
  };
  const [unknown] = unread;
  if (unknown !== undefined) throw new SettingError(`${unknown} is not a setting of this REPL`);
  return settings;
}
