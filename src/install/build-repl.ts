/** Making a REPL of its sources: fetched by git, and built by lake. */
import { join } from "node:path";
import { LeanPickleError } from "../errors.ts";
import { isSameToolchain } from "../system/lean-version.ts";
import { type RunOptions, runProgram, withoutCredentials } from "../system/run-program.ts";
import { BUILT_REPL } from "../toolchain/locate/checkout.ts";
import { askLeanEnvironment } from "../toolchain/locate/lean-environment.ts";
import { Evidence, isExecutable } from "../toolchain/locate/observed-files.ts";
import { readToolchain } from "../toolchain/locate/selected-toolchain.ts";
import { findLake, findOnPath } from "../toolchain/locate/tools.ts";
import { noSuchRevision, type ReplRevision } from "./choose-revision.ts";
import { checkOutCommit, checkOutRef, type GitOptions, withoutRepository } from "./git.ts";

/**
 * Finds what a REPL is built with.
 * @param lake the lake that is named, if one is
 * @throws {LeanPickleError} `no-repl` where git or lake is missing, `usage` where there is no such lake
 */
export function findBuildTools(lake: string | undefined): { git: string; lake: string } {
  const foundLake = findLake(lake)?.path;
  const git = findOnPath("git");
  if (git === undefined) {
    throw new LeanPickleError("no-repl", "There is no git on PATH, to fetch the REPL with.", {
      hint: "Install git (https://git-scm.com/downloads).",
    });
  }
  if (foundLake === undefined) {
    const message = "There is no lake to build the REPL with, on PATH or in elan's folder.";
    throw new LeanPickleError("no-repl", message, {
      hint: "Install elan, which brings it (https://github.com/leanprover/elan), or name one with --lake.",
    });
  }
  return { git, lake: foundLake };
}

/**
 * Checks a revision of the REPL out into an empty folder.
 * @param toolchain what its `lean-toolchain` has to say
 * @returns where it came from
 * @throws {LeanPickleError} `no-repl` where it is not there, or is for another Lean
 */
export async function fetchRepl(
  candidates: readonly ReplRevision[],
  toolchain: string,
  folder: string,
  options: GitOptions,
): Promise<ReplRevision> {
  const found = await checkOutFirst(candidates, folder, options);
  const own = readToolchain(folder, "REPL", new Evidence());
  if (own === null || isSameToolchain(own, toolchain) !== true) {
    const { name, url } = found;
    const what = own === null ? "says nothing of a Lean" : `is for ${own}`;
    const message = `${name} of ${withoutCredentials(url)} ${what}, in its lean-toolchain, and not for ${toolchain}.`;
    throw new LeanPickleError("no-repl", message, {
      hint: `Name another revision with --rev${own === null ? "" : `, or that Lean with --lean ${own}`}.`,
    });
  }
  return found;
}

async function checkOutFirst(
  candidates: readonly ReplRevision[],
  folder: string,
  options: GitOptions,
): Promise<ReplRevision> {
  for (const candidate of candidates) {
    const { url, name, ref } = candidate;
    if (ref !== undefined) {
      await checkOutRef(url, ref, folder, options);
      return candidate;
    }
    if (await checkOutCommit(url, name, folder, options)) {
      return candidate;
    }
  }
  const sources = candidates.map(({ url }) => url);
  throw noSuchRevision(sources, candidates[0]?.name ?? "");
}

/** How lake is run: the executable, and as any tool. */
export interface LakeOptions extends RunOptions {
  /** The executable of lake. */
  lake: string;
  /** The Lean to build with, where lake is elan's. */
  toolchain: string;
}

/**
 * Builds the REPL in a checkout of it.
 * @returns the executable
 * @throws {LeanPickleError} `no-repl`, with the end of what lake printed
 */
export async function buildRepl(checkout: string, options: LakeOptions): Promise<string> {
  const { lake, toolchain } = options;
  const launch = { command: lake, args: ["build"], cwd: checkout, env: environmentOf(toolchain) };
  const { ok, what, tail } = await runProgram(launch, options);
  if (!ok) {
    const said = tail === "" ? "It printed nothing." : `The end of its output:\n${tail}`;
    throw new LeanPickleError("no-repl", `"lake build" of the REPL ${what} (${lake}). ${said}`, {
      hint: "-v shows all that git and lake print.",
    });
  }
  const repl = join(checkout, BUILT_REPL);
  if (!isExecutable(repl)) {
    throw new LeanPickleError("no-repl", `"lake build" went well, and made no ${BUILT_REPL}.`, {
      hint: "Is it the Lean REPL that --from or --rev names?",
    });
  }
  return repl;
}

/** The command that runs a REPL where it was built, with the Lean that it was built with. */
export function launchIn(
  checkout: string,
  { lake, toolchain, ...options }: LakeOptions,
): { command: string; cwd: string; toolchain: string; askEnv: () => Promise<NodeJS.ProcessEnv> } {
  const base = environmentOf(toolchain);
  const question = { lake, folder: checkout, toolchain, mustName: true, base, ...options };
  return {
    command: join(checkout, BUILT_REPL),
    cwd: checkout,
    toolchain,
    askEnv: () => askLeanEnvironment(question),
  };
}

/** What says which Lean it is that runs: set by a `lake env` that runs this program, say. */
const OF_A_LEAN = [
  "LAKE",
  "LAKE_HOME",
  "LEAN",
  "LEAN_GITHASH",
  "LEAN_PATH",
  "LEAN_SRC_PATH",
  "LEAN_SYSROOT",
];

/** The environment for lake to build with one Lean, and not with that of the project around it. */
function environmentOf(toolchain: string): NodeJS.ProcessEnv {
  const kept = Object.entries(withoutRepository(process.env)).filter(
    ([name]) => !OF_A_LEAN.includes(name),
  );
  return { ...Object.fromEntries(kept), ELAN_TOOLCHAIN: toolchain };
}
