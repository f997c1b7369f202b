/**
 * What is asked of the operating system to read and to change a cache, and nothing else in store/
 * asks it: the one place where tests make each of these calls fail, or kill the process at it.
 */
import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsync as fsyncWithCallback,
  futimesSync,
  lstatSync,
  mkdir as mkdirWithCallback,
  openSync,
  promises,
  readdirSync,
  readFileSync,
  readSync,
  read as readWithCallback,
  realpathSync,
  renameSync,
  rmdirSync,
  rmdir as rmdirWithCallback,
  statSync,
  stat as statWithCallback,
  utimes as utimesWithCallback,
} from "node:fs";
import { promisify } from "node:util";

/** A function of `node:fs/promises`, which Node loads at its first call: a listing makes none. */
function later<N extends keyof typeof promises>(name: N): (typeof promises)[N] {
  const call = (...args: unknown[]) => (promises[name] as (...args: unknown[]) => unknown)(...args);
  return call as (typeof promises)[N];
}

/**
 * The functions of `node:fs/promises` and the synchronous ones of `node:fs`, by their own names; and
 * `fsync` and `read`, which return promises.
 */
export const fileSystem = {
  access: later("access"),
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  fsync: promisify(fsyncWithCallback),
  futimesSync,
  link: later("link"),
  lstatSync,
  mkdir: later("mkdir"),
  open: later("open"),
  openSync,
  read: promisify(readWithCallback),
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
