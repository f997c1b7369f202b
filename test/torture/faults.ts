/**
 * Faults of the operating system, injected where the store asks it for something: any one call, or
 * all from one on, fails, or the process is killed at it. A write that fails, or is killed, has
 * written half of what it was to write.
 */
import { writeSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { fileSystem, lockFileSystem } from "../../src/store/disk/file-system.ts";

/** What goes wrong. */
export interface Fault {
  /** The call, counted from 0, that it goes wrong at. */
  at: number;
  /** An error of the system, or the end of the process. */
  what: FaultCode | "SIGKILL";
  /** Whether the calls after that one fail as well. */
  goesOn?: boolean;
}

export type FaultCode = keyof typeof APPLIES;

/** What changes a folder or a file. */
const CHANGES = [
  "fchmodSync",
  "link",
  "futimesSync",
  "mkdir",
  "open to write",
  "rename",
  "rm",
  "rmdir",
  "rmdirSync",
  "utimes",
  "writeFile",
];

const TAKES_SPACE = ["fsync", "link", "mkdir", "open to write", "rename", "sync", "writeFile"];

const OPENS = ["open", "open to write", "openSync", "readFile", "readdir", "readdirSync"];

/** Which calls an error can come from; undefined for all of them. */
const APPLIES = {
  EACCES: new Set([...CHANGES, ...OPENS, "access"]),
  EDQUOT: new Set(TAKES_SPACE),
  EIO: undefined,
  EMFILE: new Set(OPENS),
  ENOSPC: new Set(TAKES_SPACE),
  EROFS: new Set([...CHANGES, "access"]),
};

export const FAULT_CODES = Object.keys(APPLIES) as FaultCode[];

/** What answers without ever failing: it can only be killed at. */
const NEVER_FAILS = new Set(["close", "closeSync", "existsSync"]);

type Anything = (...args: unknown[]) => unknown;

/**
 * Notes a call, and tells how it fails, if it does.
 * @param doHalf does what a call that fails has done by then
 */
type Check = (name: string, path: string, doHalf?: () => unknown) => Error | undefined;

/** One call of the system. */
export interface Call {
  name: string;
  path: string;
}

/** The calls that were made, and which of them went wrong. */
export interface Injection {
  readonly calls: readonly Call[];
  readonly failed: readonly Call[];
  /** Takes the faults out again. */
  end(): void;
}

/** Has calls of the store go wrong; none, where there is no fault. */
export function inject(fault?: Fault): Injection {
  const calls: Call[] = [];
  const failed: Call[] = [];

  /** The error of a call, if it is to fail; the process ends here if it is to end. */
  const check: Check = (name, path, doHalf = () => {}) => {
    const at = calls.push({ name, path }) - 1;
    if (!fault || at < fault.at || (at > fault.at && !fault.goesOn)) {
      return undefined;
    }
    if (fault.what === "SIGKILL") {
      doHalf();
      process.kill(process.pid, "SIGKILL");
    } else if (canFail(name, fault.what)) {
      doHalf();
      failed.push({ name, path });
      return systemError(fault.what, name);
    }
    return undefined;
  };

  const undo = [
    ...replaceAll(fileSystem, (name, call) => (...args) => {
      const [path, flags] = args;
      const isOpen = name === "open" && opensToWrite(flags);
      const error = check(isOpen ? "open to write" : name, pathOf(path));
      if (error) {
        const named = withPath(error, pathOf(path));
        return name.endsWith("Sync") ? fail(named) : Promise.reject(named);
      }
      const result = call(...args);
      return name === "open" ? watch(result as Promise<FileHandle>, pathOf(path), check) : result;
    }),
    ...replaceAll(lockFileSystem, (name, call) => (...args) => {
      const error = check(name, pathOf(args[0]));
      const done = args.at(-1);
      if (error && typeof done === "function") {
        return void setImmediate(() => done(withPath(error, pathOf(args[0]))));
      }
      if (error) {
        throw error;
      }
      return call(...args);
    }),
  ];
  const end = () => {
    for (const each of undo) {
      each();
    }
  };
  return { calls, failed, end };
}

function canFail(name: string, code: FaultCode): boolean {
  return !NEVER_FAILS.has(name) && (APPLIES[code]?.has(name) ?? true);
}

/** A file of which each use is a call as well. */
async function watch(
  opening: Promise<FileHandle>,
  path: string,
  check: Check,
): Promise<FileHandle> {
  const file = await opening;
  return new Proxy(file, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function" || typeof property !== "string") {
        return value;
      }
      return async (...args: unknown[]) => {
        const [data] = args;
        const writeHalf = () => property === "writeFile" && writeSync(file.fd, halfOf(data));
        const error = check(property, path, writeHalf);
        if (error) {
          throw error;
        }
        return await (value as Anything).apply(target, args);
      };
    },
  });
}

function replaceAll(
  functions: object,
  wrap: (name: string, call: Anything) => Anything,
): (() => void)[] {
  const named = functions as Record<string, Anything>;
  return Object.entries(named).map(([name, call]) => {
    named[name] = wrap(name, call);
    return () => {
      named[name] = call;
    };
  });
}

function opensToWrite(flags: unknown): boolean {
  return typeof flags === "string" && /[wa+]/.test(flags);
}

function pathOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function halfOf(data: unknown): string {
  const text = String(data);
  return text.slice(0, text.length / 2);
}

/** As of a file that is open already: the system does not say which one it was. */
function systemError(code: FaultCode, name: string): NodeJS.ErrnoException {
  const syscall = name.replace(/ to write|Sync$|File$/g, "");
  return Object.assign(new Error(`${code}: injected, ${syscall}`), { code, syscall });
}

function withPath(error: Error, path: string): Error {
  return path === "" ? error : Object.assign(error, { path });
}

function fail(error: Error): never {
  throw error;
}
