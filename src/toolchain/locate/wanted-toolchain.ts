/** For which Lean a REPL is to be built. */
import { LeanPickleError } from "../../errors.ts";
import {
  namesOneLean,
  normalizeToolchain,
  parseLeanVersion,
  parseToolchainFile,
} from "../../system/lean-version.ts";
import { type RunOptions, runProgram } from "../../system/run-program.ts";
import { isElans, readElanSettings } from "./elan.ts";
import { Evidence } from "./observed-files.ts";
import { findProject } from "./project.ts";
import { chosenToolchain, type NamedToolchain } from "./selected-toolchain.ts";
import { findTool } from "./tools.ts";

/** Where the answer is looked for first. */
export interface WantedLean {
  /** A toolchain, or a version of Lean. */
  lean?: string | undefined;
  /** The folder of the project. */
  project?: string | undefined;
}

const HOW_TO_NAME_ONE = "Name one with --lean, such as --lean v4.33.0.";

/**
 * The whole name of a toolchain that stands for one Lean: the one that is named, else what elan
 * runs in the project, else elan's default, else the `lean` on PATH, which is asked. Nothing is
 * downloaded.
 * @throws {LeanPickleError} `usage` if none is known, or it is another Lean at another time
 */
export async function wantedToolchain(
  { lean, project }: WantedLean,
  options: RunOptions,
): Promise<NamedToolchain> {
  const found =
    lean === undefined ? await toolchainHere(project, options) : { name: lean, from: "--lean" };
  const name = parseToolchainFile(found.name) ?? "";
  if (!namesOneLean(name)) {
    const message = `${JSON.stringify(found.name)}, of ${found.from}, does not name one Lean.`;
    throw new LeanPickleError("usage", message, { hint: HOW_TO_NAME_ONE });
  }
  return { name: normalizeToolchain(name), from: found.from };
}

async function toolchainHere(
  project: string | undefined,
  options: RunOptions,
): Promise<NamedToolchain> {
  const found = chosenToolchain(findProject(project)?.folder, new Evidence());
  if (found) {
    return found;
  }
  const { defaultToolchain } = readElanSettings();
  if (defaultToolchain !== null) {
    return { name: defaultToolchain, from: "elan's default" };
  }
  const asked = await askLean(options);
  if (!asked) {
    const message = "There is no project here that names a Lean, and no other Lean was found.";
    throw new LeanPickleError("usage", message, { hint: HOW_TO_NAME_ONE });
  }
  return asked;
}

/** The Lean on PATH; undefined if there is none, or where asking elan's might download one. */
async function askLean(options: RunOptions): Promise<NamedToolchain | undefined> {
  const lean = findTool("lean")?.path;
  if (lean === undefined || isElans(lean)) {
    return undefined;
  }
  const { stdout } = await runProgram({ command: lean, args: ["--version"] }, options);
  const version = parseLeanVersion(stdout);
  return version === undefined ? undefined : { name: version, from: lean };
}
