/** What is here of all that it takes to run a REPL. Nothing is changed, and nothing downloaded. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { LeanPickleError } from "../errors.ts";
import {
  namesOneLean,
  normalizeToolchain,
  shortToolchain,
  TOOLCHAIN_FILE,
} from "../system/lean-version.ts";
import { runProgram } from "../system/run-program.ts";
import {
  findConflict,
  findReplPlace,
  type ReplSearch,
  replToolchainOf,
} from "../toolchain/find-repl.ts";
import {
  elanHome,
  isElans,
  isInstalled,
  readElanSettings,
  wouldDownload,
} from "../toolchain/locate/elan.ts";
import { findMissingPackages } from "../toolchain/locate/missing-packages.ts";
import { Evidence } from "../toolchain/locate/observed-files.ts";
import { findProject, type Project } from "../toolchain/locate/project.ts";
import type { ReplPlace } from "../toolchain/locate/repl-places.ts";
import { chosenToolchain, type NamedToolchain } from "../toolchain/locate/selected-toolchain.ts";
import { type FoundTool, findLake, findTool } from "../toolchain/locate/tools.ts";
import { wantedToolchain } from "../toolchain/locate/wanted-toolchain.ts";
import { type Finding, good, inFolder, shellWord, unset, wrong } from "./check-result.ts";

/** How elan is installed, by its own instructions (README.md of leanprover/elan). */
const INSTALL_ELAN =
  process.platform === "win32"
    ? "curl -O --location https://elan.lean-lang.org/elan-init.ps1 && powershell -ExecutionPolicy Bypass -f elan-init.ps1"
    : "curl https://elan.lean-lang.org/elan-init.sh -sSf | sh";

/** A Lean that has a REPL, if nothing names another one. */
const SOME_LEAN = "v4.33.0-rc2";

/** The time that a program may take to say its version, in seconds. */
const VERSION_TIMEOUT_S = 10;

/** What was found so far. */
interface Found {
  project: Project | undefined;
  lake: FoundTool | undefined;
  lean: FoundTool | undefined;
  elan: FoundTool | undefined;
  chosen: NamedToolchain | null;
  repl: ReplPlace | undefined;
  replToolchain: NamedToolchain | null;
}

/**
 * Looks at Node, elan, lake, lean, the project, the toolchain and the REPL. What is named and not
 * there is a finding, and no error. A program that does not say its version in time is ended.
 */
export async function diagnose(search: ReplSearch): Promise<Finding[]> {
  const { origins } = search;
  const problems: Finding[] = [];
  const attempt = <T>(what: string, origin: string | undefined, look: () => T): T | undefined => {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof LeanPickleError)) {
        throw error;
      }
      const mend = (what === "REPL" && buildNamed(search)) || unset(origin);
      problems.push(wrong(what, "bad", error.message, mend, origin ?? null));
      return undefined;
    }
  };
  const project = attempt("project", origins?.project, () => findProject(search.project));
  const lake = attempt("lake", origins?.lake, () => findLake(search.lake, origins?.lake));
  const evidence = new Evidence();
  const chosen = chosenToolchain(project?.folder, evidence);
  const repl = attempt("REPL", origins?.repl, () =>
    findReplPlace(search, project?.folder, chosen?.name ?? null),
  );
  const [lean, elan] = [findTool("lean"), findTool("elan")];
  const replToolchain = repl ? replToolchainOf(repl, chosen) : null;
  const found = { project, lake, lean, elan, chosen, repl, replToolchain };
  const own = await Promise.all([
    ofNode(),
    ofElan(found, search),
    ofTool("lake", found, search),
    ofTool("lean", found, search),
    ofProject(found, search),
    ofToolchain(found, evidence),
    ofRepl(found, search),
  ]);
  return own.map((each) => problems.find(({ what }) => what === each.what) ?? each);
}

function ofNode(): Finding {
  return good("Node", process.versions.node, process.execPath);
}

async function ofElan({ elan, lake, lean, repl }: Found, search: ReplSearch): Promise<Finding> {
  if (elan) {
    const { version, problem } = await askVersion(elan.path, undefined, search);
    return version === undefined
      ? wrong("elan", "warning", problem, null, at(elan))
      : good("elan", version, at(elan));
  }
  const where = `neither on PATH nor in ${elanHome() ?? "your home"}`;
  return lake && lean
    ? good("elan", `${where}; there is a lake and a lean without it`)
    : wrong("elan", unlessTried(repl), where, INSTALL_ELAN);
}

/** Where there is a REPL, the round trip tells whether it can do without. */
function unlessTried(repl: ReplPlace | undefined): "warning" | "bad" {
  return repl ? "warning" : "bad";
}

async function ofTool(name: "lake" | "lean", found: Found, search: ReplSearch): Promise<Finding> {
  const tool = found[name];
  if (!tool) {
    const mend = found.elan ? installCommand(found) : INSTALL_ELAN;
    return wrong(name, unlessTried(found.repl), "not found; elan brings it", mend);
  }
  if (isElans(tool.path) && !isSurelyInstalled(found)) {
    return good(name, "elan's; not asked for its version, or elan might download one", at(tool));
  }
  const { version, problem } = await askVersion(tool.path, found, search);
  return version === undefined
    ? wrong(name, "bad", problem, null, at(tool))
    : good(name, version, at(tool));
}

function ofProject({ project, lake }: Found, { origins }: ReplSearch): Finding {
  if (!project) {
    return good("project", "none here or above; what comes with Lean can be imported");
  }
  const { folder, hasLakefile } = project;
  const from = origins?.project ?? "nearest upwards";
  if (!hasLakefile) {
    return good("project", `${folder}; without a lakefile, only what comes with Lean`, from);
  }
  const missing = lake && findMissingPackages(folder);
  if (missing) {
    const mend = inFolder(folder, missing.mend);
    return wrong("project", "bad", `${folder}; ${missing.what}`, mend, from);
  }
  const isBuilt = [".lake", "build"].some((name) => existsSync(join(folder, name)));
  return isBuilt || !lake
    ? good("project", folder, from)
    : wrong(
        "project",
        "warning",
        `${folder}, which is not built`,
        inFolder(folder, "lake build"),
        from,
      );
}

function ofToolchain(found: Found, evidence: Evidence): Finding {
  const { chosen, replToolchain, lake, lean } = found;
  const [doubt] = evidence.unknown;
  if (!chosen && doubt !== undefined) {
    return wrong("toolchain", "warning", doubt, null);
  }
  const toolchain = chosen ?? replToolchain;
  if (!toolchain) {
    return good("toolchain", "none is named here: that of the REPL is used");
  }
  const name = normalizeToolchain(toolchain.name);
  const install = installCommand({ ...found, chosen: toolchain });
  const programs = [lake, lean].flatMap((tool) => tool?.path ?? []);
  return programs.some((path) => wouldDownload(path, toolchain.name))
    ? wrong("toolchain", "bad", `${name} is not installed`, install, toolchain.from)
    : good("toolchain", name, toolchain.from);
}

async function ofRepl(found: Found, search: ReplSearch): Promise<Finding> {
  const { repl, chosen, replToolchain } = found;
  if (!repl) {
    return wrong("REPL", "bad", "not found", await setupCommand(search));
  }
  const where = `${repl.path} (${repl.from})`;
  if (findConflict(found)) {
    const names = [replToolchain, chosen].map((each) => normalizeToolchain(each?.name ?? ""));
    const clause = `built with ${names[0]}, and ${chosen?.from} says ${names[1]}`;
    // What the variable names would go before what setup builds.
    const commands = [unset(repl.from), await setupCommand(search)];
    return wrong("REPL", "bad", clause, commands.filter(Boolean).join("; "), where);
  }
  if (repl.isOfProject) {
    return good("REPL", "built by the project's lake, with its toolchain", where);
  }
  if (!replToolchain) {
    return good("REPL", "built with a toolchain that is not known", where);
  }
  const agrees = chosen ? ", as is chosen here" : "";
  return good("REPL", `built with ${normalizeToolchain(replToolchain.name)}${agrees}`, where);
}

function at({ path, from }: FoundTool): string {
  return `${path} (${from})`;
}

/** The command that builds the checkout of the REPL that is named; null where none is. */
function buildNamed({ repl }: ReplSearch): string | null {
  const isCheckout = repl !== undefined && existsSync(join(repl, TOOLCHAIN_FILE));
  return isCheckout ? inFolder(resolve(repl), "lake build") : null;
}

/** The command that builds the REPL that fits. */
async function setupCommand({ project, origins, signal }: ReplSearch): Promise<string> {
  const isNamed = project !== undefined && origins?.project === "--project";
  const command = `lean-pickle setup${isNamed ? ` --project ${shellWord(project)}` : ""}`;
  try {
    await wantedToolchain({ project }, { timeout: VERSION_TIMEOUT_S, signal });
    return command;
  } catch (error) {
    // Nothing here names one Lean, or the project that is named is none.
    if (error instanceof LeanPickleError && error.code === "usage") {
      return `${command} --lean ${SOME_LEAN}`;
    }
    throw error;
  }
}

/** The command that has elan install the Lean that is chosen, or some Lean. */
function installCommand({ chosen, elan }: Found): string {
  const isOne = chosen !== null && namesOneLean(chosen.name);
  const command = elan && elan.from !== "PATH" ? shellWord(elan.path) : "elan";
  return `${command} toolchain install ${isOne ? shortToolchain(chosen.name) : SOME_LEAN}`;
}

/** Whether elan can run the Lean that is chosen without a download. */
function isSurelyInstalled({ chosen }: Found): boolean {
  const name = chosen?.name ?? readElanSettings().defaultToolchain;
  return name !== null && isInstalled(name) === true;
}

/** The version that a program reports, or how it ended instead. */
async function askVersion(
  command: string,
  found: Found | undefined,
  { signal }: ReplSearch,
): Promise<{ version?: string; problem: string }> {
  const launch = { command, args: ["--version"], cwd: found?.project?.folder };
  const { ok, stdout, what, tail } = await runProgram(launch, {
    timeout: VERSION_TIMEOUT_S,
    signal,
  });
  const version = shortVersion(stdout.trim());
  const words = tail === "" ? "" : `: ${tail.split("\n")[0]}`;
  return ok && version !== "" ? { version, problem: "" } : { problem: `--version ${what}${words}` };
}

/** Of `Lean (version 4.33.0, ..., Release)`, `elan 4.1.2 (...)` and the like what comes after the name. */
function shortVersion(text: string): string {
  const [line = ""] = text.split("\n");
  return /^Lean \(version ([^,\s]+)/.exec(line)?.[1] ?? line.replace(/^(?:elan|Lake version) /, "");
}
