// Everything that can be set about one process of the stand-in, read from SIMULATED_REPL_*.

const PREFIX = "SIMULATED_REPL_";

/** A variable that cannot be understood: a fault that is silently off would make a test pass. */
export class SettingError extends Error {}

/**
 * @typedef {(text: string, variable: string) => unknown} Reader
 * @typedef {ReturnType<typeof readSettings>} Settings
 */

/** @param {string} text @param {string} variable */
function whole(text, variable) {
  if (!/^\d{1,9}$/.test(text)) {
    throw new SettingError(`${variable} must be a whole number, not ${JSON.stringify(text)}`);
  }
  return Number(text);
}

/** @param {string} text @param {string} variable */
function ordinal(text, variable) {
  const value = whole(text, variable);
  if (value === 0) throw new SettingError(`${variable} counts from 1`);
  return value;
}

/** @param {string} text @param {string} variable */
function flag(text, variable) {
  if (text !== "0" && text !== "1") {
    throw new SettingError(`${variable} must be 0 or 1, not ${JSON.stringify(text)}`);
  }
  return text === "1";
}

/** @param {string} text @param {string} variable */
function some(text, variable) {
  if (text === "") throw new SettingError(`${variable} must not be empty`);
  return text;
}

/**
 * @template {string} T
 * @param {readonly T[]} allowed
 * @returns {(text: string, variable: string) => T}
 */
function oneOf(allowed) {
  return (text, variable) => {
    const found = allowed.find((each) => each === text);
    if (found === undefined) {
      throw new SettingError(
        `${variable} must be one of ${allowed.join(", ")}, not ${JSON.stringify(text)}`,
      );
    }
    return found;
  };
}

/** @param {number} bytes @returns {(text: string, variable: string) => string} */
function upTo(bytes) {
  return (text, variable) => {
    if (text === "" || Buffer.byteLength(text) > bytes) {
      throw new SettingError(`${variable} must have 1 to ${bytes} bytes`);
    }
    return text;
  };
}

/**
 * The settings of this process; the README of the stand-in lists them.
 * Throws a SettingError for a value it cannot use and for a name it does not know.
 * @param {NodeJS.ProcessEnv} environment
 */
export function readSettings(environment) {
  const unread = new Set(Object.keys(environment).filter((name) => name.startsWith(PREFIX)));

  /**
   * @template T, D
   * @param {string} name
   * @param {(text: string, variable: string) => T} reader
   * @param {D} fallback
   * @returns {T | D}
   */
  function read(name, reader, fallback) {
    const variable = PREFIX + name;
    unread.delete(variable);
    const text = environment[variable];
    return text === undefined ? fallback : reader(text, variable);
  }

  const settings = {
    dialect: read("DIALECT", oneOf(/** @type {const} */ (["4.33", "4.0.0"])), "4.33"),
    leanVersion: read("LEAN_VERSION", upTo(33), "4.33.0-rc2"),
    gitHash: read("LEAN_GITHASH", upTo(40), "d117b78f17e6e09e6c8bd87b8fbb4a0ac1e83d2f"),
    oleanVersion: read("OLEAN_VERSION", oneOf(/** @type {const} */ (["1", "2", "3"])), "2"),
    modules: read("MODULES", (text) => text.split(",").map((each) => each.trim()), [
      "Init",
      "Std",
      "Lean",
      "Mathlib",
    ]),
    ignoreEnv: read("IGNORE_ENV", flag, false),
    log: read("LOG", some, undefined),

    importMs: read("IMPORT_MS", whole, 0),
    importMib: read("IMPORT_MIB", whole, 0),
    commandMs: read("COMMAND_MS", whole, 0),
    // As a real one: 50 proof states took 370 ms, on an environment that took longer than that.
    unpickleMs: read("UNPICKLE_MS", whole, 7),

    crashAt: read("CRASH_AT", ordinal, undefined),
    crashOn: read("CRASH_ON", some, undefined),
    segvAt: read("SEGV_AT", ordinal, undefined),
    segvOn: read("SEGV_ON", some, undefined),
    hangAt: read("HANG_AT", ordinal, undefined),
    hangOn: read("HANG_ON", some, undefined),
    garbageAt: read("GARBAGE_AT", ordinal, undefined),
    garbageOn: read("GARBAGE_ON", some, undefined),
    closuresAt: read("CLOSURES_AT", ordinal, undefined),
    closuresOn: read("CLOSURES_ON", some, undefined),
    hangInPickleAt: read("HANG_IN_PICKLE_AT", ordinal, undefined),
    changedGoals: read("CHANGED_GOALS", some, undefined),

    stderrAtStart: read("STDERR_AT_START", whole, 0),
    stderrPerRequest: read("STDERR_PER_REQUEST", whole, 0),
    banner: read("BANNER", some, undefined),
    chunkBytes: read("CHUNK_BYTES", ordinal, undefined),
    chunkMs: read("CHUNK_MS", whole, 0),
    ignoreSigterm: read("IGNORE_SIGTERM", flag, false),
    child: read("CHILD", oneOf(/** @type {const} */ (["quiet", "inherit"])), undefined),
  };
  const [unknown] = unread;
  if (unknown !== undefined) throw new SettingError(`${unknown} is not a setting of this REPL`);
  return settings;
}
