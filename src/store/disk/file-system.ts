/**
 * What is asked of the operating system to read and to change a cache, and nothing else in store/
 * asks it: the one place where tests make each of these calls fail, or kill the process at it.
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdir as mkdirWithCallback,
  openSync,
  promises,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmdir as rmdirWithCallback,
  statSync,
  stat as statWithCallback,
  utimes as utimesWithCallback,
} from "node:fs";

/** A function of `node:fs/promises`, which Node loads at its first call: a listing makes none. */
function later<N extends keyof typeof promises>(name: N): (typeof promises)[N] {
  const call = (...args: unknown[]) => (promises[name] as (...args: unknown[]) => unknown)(...args);
  return call as (typeof promises)[N];
}

/**
 * The functions of `node:fs/promises` and the synchronous ones of `node:fs`, by their own names.
 */
export const fileSystem = {
  access: later("access"),
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  futimesSync,
  link: later("link"),
  lstatSync,
  mkdir: later("mkdir"),
  open: later("open"),
  openSync,
  readdir: later("readdir"),
  readdirSync,
  readFile: later("readFile"),
  readFileSync,
  readSync,
  realpathSync,
  rename: later("rename"),
  renameSync,
  rm: later("rm"),
  rmdir: later("rmdir"),
  statSync,
};

/** The functions of `node:fs` that proper-lockfile needs, most of them with callbacks. */
export const lockFileSystem = {
  mkdir: mkdirWithCallback,
  rmdir: rmdirWithCallback,
  rmdirSync,
  stat: statWithCallback,
  utimes: utimesWithCallback,
};
