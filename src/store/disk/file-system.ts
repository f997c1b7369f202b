/**
 * What is asked of the operating system to read and to change a cache, and nothing else in store/
 * asks it: the one place where tests make each of these calls fail, or kill the process at it.
 */
import {
  closeSync,
  existsSync,
  fstatSync,
  futimesSync,
  lstatSync,
  mkdir as mkdirWithCallback,
  openSync,
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
import { access, link, mkdir, open, readdir, readFile, rename, rm, rmdir } from "node:fs/promises";

/**
 * The functions of `node:fs/promises` and the synchronous ones of `node:fs`, by their own names.
 */
export const fileSystem = {
  access,
  closeSync,
  existsSync,
  fstatSync,
  futimesSync,
  link,
  lstatSync,
  mkdir,
  open,
  openSync,
  readdir,
  readdirSync,
  readFile,
  readFileSync,
  readSync,
  realpathSync,
  rename,
  renameSync,
  rm,
  rmdir,
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
