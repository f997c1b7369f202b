/** Which toolchain of Lean runs. */
import { dirname, join } from "node:path";
import { checkoutOf, pathsOfRepl } from "./checkout.ts";
import type { Evidence } from "./evidence.ts";

/** What is run, and where. */
export interface LeanPlace {
  /** The executable of the REPL: an absolute path. */
  repl: string;
  /** The folder of the project; undefined where there is none. */
  project: string | undefined;
}

const TOOLCHAIN_FILE = "lean-toolchain";

const RELEASE = /v?\d+\.\d+\.\d+(?:-(?:rc|m)\d+)?/.source;
const NIGHTLY = /nightly-\d{4}-\d{2}-\d{2}(?:-rev\d+)?/.source;
const ONE_LEAN = new RegExp(`^(?:[\\w.-]+/[\\w.-]+:)?(?:${RELEASE}|${NIGHTLY})$`);

/**
 * Whether a toolchain's name stands for the same Lean at any time and on any machine: a release or
 * the nightly build of one day. `stable` and `nightly` move, and anything may be linked to a name of
 * one's own.
 */
export function namesOneLean(toolchain: string): boolean {
  return ONE_LEAN.test(toolchain);
}

/**
 * The name of the toolchain that runs: what ELAN_TOOLCHAIN says, which elan prefers to every file,
 * else the `lean-toolchain` of the project, else that of the REPL's checkout. Null where there is
 * none.
 */
export function toolchainInUse(place: LeanPlace, evidence: Evidence): string | null {
  const chosen = process.env.ELAN_TOOLCHAIN;
  if (chosen !== undefined && chosen !== "") {
    return nameIn(chosen, "ELAN_TOOLCHAIN", evidence);
  }
  const ofProject =
    place.project === undefined ? null : readToolchain(place.project, "project", evidence);
  return ofProject ?? toolchainOfRepl(place.repl, evidence);
}

/** The toolchain of the checkout that an executable was built in, or of the folder that it is in. */
function toolchainOfRepl(repl: string, evidence: Evidence): string | null {
  for (const path of pathsOfRepl(repl)) {
    const toolchain = readToolchain(checkoutOf(path) ?? dirname(path), "REPL", evidence);
    if (toolchain !== null) {
      return toolchain;
    }
  }
  return null;
}

/**
 * What the `lean-toolchain` of a folder says; null where there is none, or no name in it.
 * @param whose whose folder it is, for the clause where it cannot be told
 */
export function readToolchain(
  folder: string,
  whose: "project" | "REPL",
  evidence: Evidence,
): string | null {
  const found = evidence.read(join(folder, TOOLCHAIN_FILE));
  const what = `the lean-toolchain of the ${whose}`;
  if (found === "unreadable") {
    evidence.doubt(`${what} cannot be read`);
  }
  return typeof found === "string" ? null : nameIn(found.toString(), what, evidence);
}

function nameIn(text: string, what: string, evidence: Evidence): string | null {
  const name = text.trim();
  if (/^[\x21-\x7e]{1,200}$/.test(name)) {
    return name;
  }
  evidence.doubt(`${what} names no toolchain`);
  return null;
}
