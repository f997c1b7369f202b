import { resolve } from "node:path";
import { LeanPickleError } from "../errors.ts";
import { isSameToolchain, normalizeToolchain, shortToolchain } from "../system/lean-version.ts";
import { identifyLean, type LeanIdentity } from "./identity/lean-identity.ts";
import { Evidence } from "./locate/observed-files.ts";
import { findProject, type Project } from "./locate/project.ts";
import {
  HOW_TO_GET_ONE,
  isBuiltBy,
  lookForRepl,
  namedRepl,
  type ReplPlace,
} from "./locate/repl-places.ts";
import {
  chosenToolchain,
  type NamedToolchain,
  toolchainOfRepl,
} from "./locate/selected-toolchain.ts";
import { type FoundTool, findLake } from "./locate/tools.ts";

/** The option or variable that named each of these, such as `--repl` or `LEAN_PICKLE_REPL`. */
export interface Origins {
  repl?: string | undefined;
  project?: string | undefined;
  lake?: string | undefined;
}

/** Where to look for a REPL. */
export interface ReplSearch {
  /** An executable REPL, or a checkout of the REPL that was built; else the usual places count. */
  repl?: string | undefined;
  /** The Lean project to run in; the nearest one upwards from the current directory by default. */
  project?: string | undefined;
  /** The executable `lake`; the one on PATH, or elan's, by default. */
  lake?: string | undefined;
  /** The options or variables that named them. */
  origins?: Origins | undefined;
  /** The time that `lake env` may take, in seconds: 300 by default. */
  timeout?: number | undefined;
  /** Aborting ends `lake env`. */
  signal?: AbortSignal | undefined;
}

/** The command that starts a REPL, and facts about it. */
export interface FoundRepl {
  /** The executable of the REPL. */
  command: string;
  /** Where it was found, such as `--repl`, `the packages of /home/me/project` or `PATH`. */
  from: string;
  /** The folder to run in: that of the project. */
  cwd?: string;
  /** The toolchain that runs, such as `leanprover/lean4:v4.33.0`; null if unknown. */
  toolchain: string | null;
  /**
   * The whole environment to run in; in a project, the one that `lake env` gives. Lake is asked
   * once, before the first REPL is started.
   * @throws {LeanPickleError} `no-repl` if lake fails
   */
  askEnv: () => Promise<NodeJS.ProcessEnv>;
  /** What to do where Lean does not find an import. */
  adviceOnImports: string;
  /**
   * Identifies Lean for states that are made with this REPL. It reads files at each call, and
   * starts no process.
   * @param imports the modules that the code at the root imports; null if they are not known
   */
  identify: (imports: readonly string[] | null) => Promise<LeanIdentity>;
}

/** The project, lake, toolchain and REPL that were found. */
export interface Surroundings {
  project: Project | undefined;
  lake: FoundTool | undefined;
  /** The toolchain that is chosen, by the project or for it. */
  chosen: NamedToolchain | null;
  repl: ReplPlace | undefined;
  /** The toolchain that the REPL was built with. */
  replToolchain: NamedToolchain | null;
}

/**
 * Looks for the project, lake, the toolchain and the REPL, in files alone.
 * @throws {LeanPickleError} `usage` for a project or a lake that is named and not there, `no-repl`
 * for such a REPL
 */
function findSurroundings(search: ReplSearch): Surroundings {
  const { origins } = search;
  const project = findProject(search.project);
  const lake = findLake(search.lake, origins?.lake);
  const chosen = chosenToolchain(project?.folder, new Evidence());
  const repl = findReplPlace(search, project?.folder, chosen?.name ?? null);
  return {
    project,
    lake,
    chosen,
    repl,
    replToolchain: repl ? replToolchainOf(repl, chosen) : null,
  };
}

/** The named REPL, else the first one in the usual places. */
export function findReplPlace(
  { repl: named, origins }: ReplSearch,
  project: string | undefined,
  toolchain: string | null,
): ReplPlace | undefined {
  if (named === undefined) {
    return lookForRepl(project, toolchain);
  }
  const path = namedRepl(named);
  const isOfProject = project !== undefined && isBuiltBy(project, path);
  return { path, from: origins?.repl ?? "as named", isOfProject };
}

/** The toolchain that a REPL was built with. */
export function replToolchainOf(
  repl: ReplPlace,
  chosen: NamedToolchain | null,
): NamedToolchain | null {
  return repl.isOfProject ? chosen : toolchainOfRepl(repl.path, new Evidence());
}

/**
 * Finds the REPL and how to run it. In a project with a lakefile, and if there is a `lake`, it runs
 * in the environment of `lake env`. Outside a project it runs with the toolchain that it was built
 * with.
 * @throws {LeanPickleError} `no-repl`, also for one that was built with another toolchain than the
 * project's; `usage` for a project or a lake that is not there
 */
export async function findRepl(search: ReplSearch): Promise<FoundRepl> {
  const found = findSurroundings(search);
  const { project, lake, chosen, repl, replToolchain } = found;
  if (!repl) {
    throw new LeanPickleError("no-repl", notFound(found), { hint: HOW_TO_GET_ONE });
  }
  const conflict = findConflict(found);
  if (conflict) {
    throw conflict;
  }
  const toolchain = (chosen ?? replToolchain)?.name ?? null;
  const place = { repl: repl.path, project: project?.folder };
  const asking = {
    lake: project?.hasLakefile ? lake?.path : undefined,
    folder: project?.folder,
    toolchain,
    // If no toolchain is chosen, elan would run its default one.
    mustName: chosen === null,
    timeout: search.timeout,
    signal: search.signal,
  };
  let env: Promise<NodeJS.ProcessEnv> | undefined;
  return {
    command: repl.path,
    from: repl.from,
    ...(project && { cwd: project.folder }),
    toolchain,
    askEnv: () => {
      env ??= import("./locate/lean-environment.ts")
        .then(({ askLeanEnvironment }) => askLeanEnvironment(asking))
        .catch((error: unknown) => {
          // A failure may be temporary: the next call asks again. Callers that wait fail together.
          env = undefined;
          throw error;
        });
      return env;
    },
    adviceOnImports: adviceOnImports(found),
    identify: async (imports) => identifyLean(place, imports),
  };
}

/** The error for a REPL that was built with another toolchain than the one that is to run. */
export function findConflict({
  project,
  chosen,
  repl,
  replToolchain,
}: Surroundings): LeanPickleError | undefined {
  if (!repl || !chosen || !replToolchain) {
    return undefined;
  }
  if (isSameToolchain(chosen.name, replToolchain.name) !== false) {
    return undefined;
  }
  const message = `The REPL at ${repl.path} (${repl.from}) was built with ${normalizeToolchain(replToolchain.name)}, and ${chosen.from} says ${normalizeToolchain(chosen.name)}. Lean reads nothing that another Lean has compiled.`;
  const where = project ? `in ${project.folder}, ` : "";
  return new LeanPickleError("no-repl", message, {
    hint: `Run "lean-pickle setup --lean ${shortToolchain(chosen.name)}", and name no other REPL with --repl or LEAN_PICKLE_REPL; or ${where}choose the toolchain of the REPL.`,
  });
}

function notFound({ project, chosen }: Surroundings): string {
  const places = [
    "with --repl or LEAN_PICKLE_REPL",
    ...(project ? [`in ${project.folder}`] : []),
    ...(chosen
      ? [`among what "lean-pickle setup" built for ${normalizeToolchain(chosen.name)}`]
      : []),
    "on PATH",
  ];
  return `There is no Lean REPL: neither ${places.slice(0, -1).join(", ")} nor ${places.at(-1)}.`;
}

function adviceOnImports({ project, lake }: Surroundings): string {
  if (!project) {
    return "Outside a Lean project there is only what comes with Lean: name a project with --project.";
  }
  if (!project.hasLakefile) {
    return `${resolve(project.folder)} has no lakefile, so that there is only what comes with Lean.`;
  }
  return lake
    ? `Is it built? Run "lake build" in ${project.folder}.`
    : "There is no lake to say where it is: name one with --lake, or install elan.";
}
