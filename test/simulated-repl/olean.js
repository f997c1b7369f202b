// Pickle files: Lean's header, and behind it a payload of our own.
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { hang, segfault, uncaught, wait } from "./process.js";
import { about, wordingOf } from "./vocabulary.js";

/** @import { Settings } from "./settings.js" */

const [MARKER, DIGEST_BYTES, ADDRESS_BYTES, PAGE, GMP] = ["olean", 32, 8, 4096, 1];
/** The root object: its size (24 bytes), two fields, and that these are scalars. */
const ROOT = Buffer.from(`0000000018000200${"0100000000000000".repeat(2)}`, "hex");
const BASE_ADDRESS = 0x1c5a_7000_0000n;

/** @param {string} text @param {number} size */
const padded = (text, size) => Buffer.concat([Buffer.from(text), Buffer.alloc(size)], size);
/** @param {bigint} value */
const address = (value) => Buffer.from(new BigUint64Array([value]).buffer);
/** @param {Buffer[]} parts */
const digest = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
/** The header of version 2 (88 bytes) or of version 1 (56), which has no Lean version and pads the
 * git hash to 42. Version 3 stands for a format that is still to come. @param {Settings} settings */
function makeHeader({ oleanVersion, leanVersion, gitHash }) {
  const fields = {
    1: [Buffer.from([1]), padded(gitHash, 42)],
    2: [Buffer.from([2, GMP]), padded(leanVersion, 33), padded(gitHash, 40)],
    3: [Buffer.from([3, GMP]), padded(gitHash, 60), padded(leanVersion, 60)],
  };
  return Buffer.concat([Buffer.from(MARKER), ...fields[oleanVersion], address(BASE_ADDRESS)]);
}
/** Writes a pickle as Lean does: into `PATH.tmp.PID`, then renamed. The root object comes last, and the
 * last 8 bytes name it, as in a real one: the base address and an offset into the file. @param {string} path @param {object} content @param {Settings} settings @param {boolean} hangHalfway */
export function writePickle(path, content, settings, hangHalfway) {
  const header = makeHeader(settings);
  const json = Buffer.from(JSON.stringify(content));
  // White space behind the JSON: a pickle is never so small that half of it is only a header.
  const size = Math.ceil((json.length + PAGE) / PAGE) * PAGE - ROOT.length - ADDRESS_BYTES;
  const payload = Buffer.concat([json, Buffer.alloc(size - json.length, " "), ROOT]);
  const root = address(BASE_ADDRESS + BigInt(header.length + DIGEST_BYTES + size));
  const sum = digest(header.subarray(-ADDRESS_BYTES), payload, root);
  const bytes = Buffer.concat([header, sum, payload, root]);
  wait(settings.pickleMs);
  const temporary = `${path}.tmp.${process.pid}`;
  let failed = about(wordingOf(settings.dialect).cannotCreate, path);
  try {
    const descriptor = fs.openSync(temporary, "w");
    failed = `failed to write '${path}'`;
    const end = hangHalfway ? bytes.length / 2 : (settings.truncatePickle ?? bytes.length);
    let rest = bytes.subarray(0, end);
    while (rest.length > 0) rest = rest.subarray(fs.writeSync(descriptor, rest));
    if (hangHalfway) hang();
    fs.closeSync(descriptor);
    fs.renameSync(temporary, path);
  } catch {
    throw uncaught(failed);
  }
}
/** The content of a pickle. Dies of a header that this Lean does not take, and of SIGSEGV if the rest
 * is not what was written: Lean checks nothing there, so a digest tells when to crash. @param {string} path @param {Settings} settings */
export function readPickle(path, settings) {
  if (!fs.existsSync(path)) throw uncaught(`failed to open file '${path}'`);
  const bytes = fs.statSync(path).isFile() ? fs.readFileSync(path) : Buffer.alloc(0);
  const own = makeHeader(settings);
  const compared = own.length - ADDRESS_BYTES;
  const isOlean = bytes.length >= own.length && bytes.toString("latin1", 0, 5) === MARKER;
  const isOwn = bytes.subarray(0, compared).equals(own.subarray(0, compared));
  // Releases with version 1 headers have one sentence for both.
  const reason = isOlean && settings.oleanVersion !== "1" ? "incompatible" : "invalid";
  if (!isOlean || !isOwn) throw uncaught(`failed to read file '${path}', ${reason} header`);
  const payload = bytes.subarray(own.length + DIGEST_BYTES);
  const sum = digest(bytes.subarray(compared, own.length), payload);
  if (!bytes.subarray(own.length, own.length + DIGEST_BYTES).equals(sum)) segfault();
  return JSON.parse(payload.subarray(0, -ROOT.length - ADDRESS_BYTES).toString());
}
