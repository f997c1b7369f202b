import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  normalizeToolchain,
  parseToolchainFile,
  TOOLCHAIN_FILE,
} from "../../system/lean-version.ts";
import { Evidence } from "../locate/observed-files.ts";
import { type LeanPlace, toolchainInUse } from "../locate/selected-toolchain.ts";
import { identifyImports } from "./import-hashes.ts";
import { identifyRepl, type ReplIdentity } from "./repl-identity.ts";

/** The files that say what a project is. */
const PROJECT_FILES = [
  TOOLCHAIN_FILE,
  "lakefile.lean",
  "lakefile.toml",
  "lake-manifest.json",
] as const;

/** The identity of Lean as plain JSON, without paths, times, processes, hosts or users. */
type LeanInputs = {
  /** The full name of the toolchain that runs; null if none is named. */
  toolchain: string | null;
  /** Which REPL runs; null if that is not known. */
  repl: ReplIdentity | null;
  /** The SHA-256 of each file of the project, null if it has none; null without a project. */
  project: Record<(typeof PROJECT_FILES)[number], string | null> | null;
  /**
   * The hash that lake keeps of each imported module that does not come with Lean, null if it is
   * not known; null if it is not known what is imported.
   */
  imports: Record<string, string | null> | null;
};

/**
 * The identity of Lean, as far as the meaning of a state depends on it: the same on any machine.
 */
export interface LeanIdentity {
  /** The part of a key. */
  inputs: LeanInputs;
  /** A clause for each part that is not known, such as `lake keeps no trace of the module Foo`. */
  unknown: string[];
  /** The last change of the youngest file that was read, in milliseconds since the epoch. */
  changedAt: number;
}

/**
 * Identifies Lean from files alone. They are read at each call, so that calls before and after Lean
 * runs show whether it changed in between.
 * @param imports the modules that the code at the root imports; null if they are not known
 */
export function identifyLean(place: LeanPlace, imports: readonly string[] | null): LeanIdentity {
  const evidence = new Evidence();
  const inputs: LeanInputs = {
    toolchain: portableToolchain(place, evidence),
    repl: identifyRepl(place.repl, evidence),
    ...identifyBasis(place.project, imports, evidence),
  };
  if (imports === null) {
    evidence.doubt("what the code at the root imports");
  }
  const { changedAt } = evidence;
  return { inputs, unknown: [...new Set(evidence.unknown)], changedAt };
}

/**
 * The inputs of states that do not depend on the REPL: their project and their imports.
 * @param project its folder
 */
export function identifyBasis(
  project: string | undefined,
  imports: readonly string[] | null,
  evidence = new Evidence(),
): Pick<LeanInputs, "project" | "imports"> {
  return {
    project: project === undefined ? null : identifyProject(project, evidence),
    imports: imports === null ? null : identifyImports(imports, project, evidence),
  };
}

/** Nothing says what is in a folder, and on another machine it is another one. */
function portableToolchain(place: LeanPlace, evidence: Evidence): string | null {
  const toolchain = toolchainInUse(place, evidence);
  if (toolchain !== null && /^[~./\\]|^[a-z]:[/\\]/i.test(toolchain)) {
    evidence.doubt("the toolchain is a folder, and not a name");
    return null;
  }
  return toolchain === null ? null : normalizeToolchain(toolchain);
}

function identifyProject(folder: string, evidence: Evidence): LeanInputs["project"] {
  const digest = (name: string): string | null => {
    const found = evidence.read(join(folder, name));
    if (found === "unreadable") {
      evidence.doubt(`the ${name} of the project cannot be read`);
    }
    return typeof found === "string" ? null : digestText(name, found);
  };
  return Object.fromEntries(
    PROJECT_FILES.map((name) => [name, digest(name)]),
  ) as LeanInputs["project"];
}

/**
 * The SHA-256 of a file of the project, the same for each form that an editor or git gives its
 * text: a leading byte order mark is dropped and CRLF becomes LF. A `lean-toolchain` counts by the
 * full name of its toolchain, on a line of its own.
 */
function digestText(name: string, content: Buffer): string {
  // One character for each byte: what is not UTF-8 is kept as it is.
  const text = content
    .toString("latin1")
    .replace(/^\xef\xbb\xbf/, "")
    .replaceAll("\r\n", "\n");
  const toolchain = name === TOOLCHAIN_FILE ? parseToolchainFile(text) : null;
  const normal = toolchain === null ? text : `${normalizeToolchain(toolchain)}\n`;
  return createHash("sha256").update(normal, "latin1").digest("hex");
}
