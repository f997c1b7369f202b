// Pickle files: Lean's header, and behind it a payload of our own.
import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { hang, segfault, uncaught } from "./effects.js";
import { wordingOf } from "./wording.js";

/** @import { Settings } from "./settings.js" */

const MARKER = "olean";
const DIGEST_BYTES = 32;
const ADDRESS_BYTES = 8;
const PAGE = 4096;
const GMP = 1;
const BASE_ADDRESS = 0x1c5a_7000_0000n;

/**
 * The header of a pickle made by a Lean of these settings: 88 bytes of version 2, or 56 of
 * version 1, which has no version string and pads the git hash to 42. Version 3 stands for a format
 * that is still to come, which only the stand-in knows.
 * @param {Pick<Settings, "oleanVersion" | "leanVersion" | "gitHash">} settings
 */
function makeHeader({ oleanVersion, leanVersion, gitHash }) {
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeBigUInt64LE(BASE_ADDRESS);
  const padded = (/** @type {string} */ text, /** @type {number} */ size) => {
    const field = Buffer.alloc(size);
    field.write(text);
    return field;
  };
  const formats = {
    1: [Buffer.from([1]), padded(gitHash, 42)],
    2: [Buffer.from([2, GMP]), padded(leanVersion, 33), padded(gitHash, 40)],
    3: [Buffer.from([3, GMP]), padded(gitHash, 60), padded(leanVersion, 60)],
  };
  const fields = formats[oleanVersion];
  return Buffer.concat([Buffer.from(MARKER), ...fields, address]);
}

/** @param {Buffer} address @param {Buffer} payload */
function digest(address, payload) {
  return createHash("sha256").update(address).update(payload).digest();
}

/**
 * Writes a pickle as Lean does: into `PATH.tmp.PID`, then renamed.
 * Dies where the file cannot be created or renamed.
 * @param {string} path
 * @param {unknown} content anything that JSON can hold
 * @param {Settings} settings
 * @param {boolean} hangHalfway stop for ever when half of it is written
 */
export function writePickle(path, content, settings, hangHalfway) {
  const header = makeHeader(settings);
  const json = Buffer.from(JSON.stringify(content));
  // White space behind the JSON: a pickle is never so small that half of it is only a header.
  const size = Math.ceil((json.length + PAGE) / PAGE) * PAGE;
  const payload = Buffer.concat([json, Buffer.alloc(size - json.length, " ")]);
  const bytes = Buffer.concat([header, digest(header.subarray(-ADDRESS_BYTES), payload), payload]);
  const temporary = `${path}.tmp.${process.pid}`;
  const descriptor = create(temporary, path, settings);
  try {
    if (hangHalfway) {
      writeSync(descriptor, bytes.subarray(0, bytes.length / 2));
      hang();
    }
    for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
    closeSync(descriptor);
    renameSync(temporary, path);
  } catch (error) {
    throw uncaught(`failed to write '${path}': ${error instanceof Error ? error.message : error}`);
  }
}

/** @param {string} temporary @param {string} path @param {Settings} settings */
function create(temporary, path, settings) {
  try {
    return openSync(temporary, "w");
  } catch {
    throw uncaught(wordingOf(settings.dialect).cannotCreate(path));
  }
}

/** @param {string} path */
function readAll(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    const isDirectory = error instanceof Error && "code" in error && error.code === "EISDIR";
    if (isDirectory) return Buffer.alloc(0);
    throw uncaught(`failed to open file '${path}'`);
  }
}

/**
 * The content of a pickle. Dies of a header that this Lean does not take, and of SIGSEGV where
 * the payload is not what was written: Lean checks nothing there and maps it into memory, so a
 * digest tells the stand-in when to crash.
 * @param {string} path
 * @param {Settings} settings
 * @returns {unknown}
 */
export function readPickle(path, settings) {
  const bytes = readAll(path);
  const own = makeHeader(settings);
  const compared = own.length - ADDRESS_BYTES;
  const refuse = (/** @type {string} */ why) => uncaught(`failed to read file '${path}', ${why}`);
  const marker = bytes.toString("latin1", 0, MARKER.length);
  if (bytes.length < own.length || marker !== MARKER) throw refuse("invalid header");
  if (!bytes.subarray(0, compared).equals(own.subarray(0, compared))) {
    // Releases with version 1 headers have one sentence for both.
    throw refuse(settings.oleanVersion === "1" ? "invalid header" : "incompatible header");
  }
  const payload = bytes.subarray(own.length + DIGEST_BYTES);
  const stored = bytes.subarray(own.length, own.length + DIGEST_BYTES);
  if (!digest(bytes.subarray(compared, own.length), payload).equals(stored)) segfault();
  return JSON.parse(payload.toString("utf8"));
}

/**
 * The text in a pickle, for choosing a fault by what it holds; empty where there is none.
 * @param {string} path
 */
export function textOfPickle(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
