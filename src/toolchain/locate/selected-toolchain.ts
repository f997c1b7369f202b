/** Which toolchain of Lean runs. */
import { dirname, join } from "node:path";
import { parseToolchainFile, TOOLCHAIN_FILE } from "../../system/lean-version.ts";
import { checkoutOf, pathsOfRepl } from "./checkout.ts";
import { overrideFor, readElanSettings } from "./elan.ts";
import type { Evidence } from "./observed-files.ts";

/** The REPL to run, and the project to run it in. */
export interface LeanPlace {
  /** The executable of the REPL: an absolute path. */
  repl: string;
  /** The folder of the project; undefined if there is none. */
  project: string | undefined;
}

/** The name of a toolchain, and who says so. */
export interface NamedToolchain {
  name: string;
  /** Such as `ELAN_TOOLCHAIN`, or the path of a `lean-toolchain`. */
  from: string;
}

/** The name of the toolchain that runs: the one that is chosen, else that of the REPL; or null. */
export function toolchainInUse(place: LeanPlace, evidence: Evidence): string | null {
  const chosen = chosenToolchain(place.project, evidence);
  if (chosen === null && toldByEnvironment() !== undefined) {
    // Elan refuses an invalid name.
    return null;
  }
  return (chosen ?? toolchainOfRepl(place.repl, evidence))?.name ?? null;
}

function toldByEnvironment(): string | undefined {
  const { ELAN_TOOLCHAIN } = process.env;
  return ELAN_TOOLCHAIN === "" ? undefined : ELAN_TOOLCHAIN;
}

/**
 * The toolchain that elan runs in a project, whatever REPL there is: what ELAN_TOOLCHAIN says, else
 * what is nearest upwards of what `elan override set` chose for a folder and the folder's
 * `lean-toolchain` (`find_override` in elan's src/elan/config.rs). Null if nothing names one.
 */
export function chosenToolchain(
  project: string | undefined,
  evidence: Evidence,
): NamedToolchain | null {
  const told = toldByEnvironment();
  if (told !== undefined) {
    return named(told, "ELAN_TOOLCHAIN", "ELAN_TOOLCHAIN", evidence);
  }
  const settings = project === undefined ? undefined : readElanSettings();
  for (let folder = project; settings && folder !== undefined; folder = parentOf(folder)) {
    const override = overrideFor(settings, folder);
    if (override !== undefined) {
      return { name: override, from: `elan's override for ${folder}` };
    }
    const own = toolchainIn(folder, "project", evidence);
    if (own) {
      return own;
    }
  }
  return null;
}

function parentOf(folder: string): string | undefined {
  const parent = dirname(folder);
  return parent === folder ? undefined : parent;
}

/**
 * The toolchain of the checkout that an executable was built in, or of the folder that it is in.
 */
export function toolchainOfRepl(repl: string, evidence: Evidence): NamedToolchain | null {
  for (const path of pathsOfRepl(repl)) {
    const toolchain = toolchainIn(checkoutOf(path) ?? dirname(path), "REPL", evidence);
    if (toolchain !== null) {
      return toolchain;
    }
  }
  return null;
}

/**
 * What the `lean-toolchain` of a folder says; null if there is none, or no name in it.
 * @param whose the owner of the folder, for the clause if the file cannot be read
 */
export function readToolchain(
  folder: string,
  whose: "project" | "REPL",
  evidence: Evidence,
): string | null {
  return toolchainIn(folder, whose, evidence)?.name ?? null;
}

function toolchainIn(
  folder: string,
  whose: "project" | "REPL",
  evidence: Evidence,
): NamedToolchain | null {
  const path = join(folder, TOOLCHAIN_FILE);
  const found = evidence.read(path);
  const what = `the ${TOOLCHAIN_FILE} of the ${whose}`;
  if (found === "unreadable") {
    evidence.doubt(`${what} cannot be read`);
  }
  return typeof found === "string" ? null : named(found.toString(), path, what, evidence);
}

function named(
  text: string,
  from: string,
  what: string,
  evidence: Evidence,
): NamedToolchain | null {
  const name = parseToolchainFile(text);
  if (name === null) {
    evidence.doubt(`${what} names no toolchain`);
    return null;
  }
  return { name, from };
}
