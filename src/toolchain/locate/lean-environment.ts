/** The environment that a REPL runs in. */
import { delimiter } from "node:path";
import { LeanPickleError } from "../../errors.ts";
import { normalizeToolchain } from "../../system/lean-version.ts";
import { type ProgramEnd, runProgram } from "../../system/run-program.ts";
import { wouldDownload } from "./elan.ts";
import { parseJson } from "./json.ts";
import { findMissingPackages } from "./missing-packages.ts";
import { elanFolder, findOnPath, findTool } from "./tools.ts";

/** The settings that decide on the environment of a REPL. */
export interface EnvironmentQuestion {
  /** The lake to ask; undefined if the environment is this process's own. */
  lake: string | undefined;
  /** The folder of the project; undefined if there is none. */
  folder: string | undefined;
  /** The toolchain that is to run; null if it is not known. */
  toolchain: string | null;
  /** Whether ELAN_TOOLCHAIN has to name that toolchain. */
  mustName: boolean;
  /** What lake is given to add to; by default this process's own environment. */
  base?: NodeJS.ProcessEnv | undefined;
  /** In seconds. */
  timeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** In seconds: lake may have to compile a lakefile first. */
const DEFAULT_TIMEOUT_S = 300;

/** How much of the output of lake an error quotes, in characters. */
const MOST_WORDS = 2000;

/** Prints the environment of the program that runs it, whatever characters are in that. */
const PRINT_ENVIRONMENT = 'process.stdout.write("\\n" + JSON.stringify(process.env) + "\\n")';

/**
 * The whole environment for a REPL. `lake env` runs Node, which prints its environment: not every
 * system has an `env -0`, and `lake env` alone prints only the variables that lake sets, and before
 * Lake 4.1.0 none.
 * @throws {LeanPickleError} `no-repl` if lake fails, or where elan would have to download Lean or
 * lake what the project requires
 */
export async function askLeanEnvironment(
  question: EnvironmentQuestion,
): Promise<NodeJS.ProcessEnv> {
  const { lake, folder, toolchain, mustName, signal, timeout = DEFAULT_TIMEOUT_S } = question;
  const tool = lake ?? findTool("lean")?.path;
  if (toolchain !== null && tool !== undefined && wouldDownload(tool, toolchain)) {
    throw notInstalled(toolchain);
  }
  const env = withLean(question.base ?? process.env, mustName ? toolchain : null);
  if (lake === undefined || folder === undefined) {
    return env;
  }
  const missing = findMissingPackages(folder);
  if (missing) {
    const message = `${folder} is not complete: ${missing.what}, and "lake env" would fetch what is missing.`;
    throw new LeanPickleError("no-repl", message, { hint: `Run "${missing.mend}" in ${folder}.` });
  }
  const args = ["env", process.execPath, "-e", PRINT_ENVIRONMENT];
  const end = await runProgram({ command: lake, args, cwd: folder, env }, { timeout, signal });
  const printed = end.ok ? parseLastLine(end.stdout) : undefined;
  if (!printed) {
    throw lakeFailed(lake, folder, end);
  }
  return printed;
}

/**
 * Adds elan's folder to PATH: the REPL asks `lean` for its library, and not every shell has it
 * there.
 */
function withLean(base: NodeJS.ProcessEnv, toolchain: string | null): NodeJS.ProcessEnv {
  const { PATH = "" } = base;
  const folder = findOnPath("lean") === undefined && findTool("lean") ? elanFolder() : undefined;
  return {
    ...base,
    ...(folder !== undefined && { PATH: PATH === "" ? folder : `${PATH}${delimiter}${folder}` }),
    ...(toolchain !== null && { ELAN_TOOLCHAIN: toolchain }),
  };
}

function parseLastLine(text: string): NodeJS.ProcessEnv | undefined {
  const parsed = parseJson(text.trimEnd().split("\n").at(-1) ?? "");
  return parsed instanceof Object && !Array.isArray(parsed)
    ? (Object.fromEntries(Object.entries(parsed)) as NodeJS.ProcessEnv)
    : undefined;
}

/** The error if running `lake` or `lean` would download a toolchain, which nobody asked for. */
function notInstalled(toolchain: string): LeanPickleError {
  const name = normalizeToolchain(toolchain);
  return new LeanPickleError("no-repl", `The toolchain ${name} is not installed.`, {
    hint: `Run "elan toolchain install ${name}".`,
  });
}

function lakeFailed(lake: string, folder: string, end: ProgramEnd): LeanPickleError {
  const what = `"${lake} env" in ${folder}`;
  if (end.ok) {
    const message = `${what} did not run what it was given to run: is that a lake?`;
    return new LeanPickleError("no-repl", message, { hint: "Name another one with --lake." });
  }
  const words = end.stderr || end.stdout.trim();
  const said = words === "" ? "." : `. It said:\n${words.slice(-MOST_WORDS)}`;
  return new LeanPickleError("no-repl", `${what} ${end.what}${said}`, {
    hint: `Make "lake env" work in ${folder}; "lake build" there may say more.`,
  });
}
