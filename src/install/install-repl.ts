/** The REPL that fits a Lean: fetched, built, tried out, and put where every command finds it. */
import { roundTrip, type TimedStep } from "../doctor/round-trip.ts";
import { LeanPickleError } from "../errors.ts";
import type { LeanServerOptions } from "../repl/connection.ts";
import { versionOfToolchain } from "../system/lean-version.ts";
import type { ProcessLaunch } from "../system/process-group.ts";
import { type RunOptions, withoutCredentials } from "../system/run-program.ts";
import { sentenceOf } from "../system/system-error.ts";
import {
  buildsFolder,
  builtReplFolder,
  findBuiltRepl,
  isAtRevision,
  writeBuildRecord,
} from "../toolchain/locate/built-repls.ts";
import { wouldDownload } from "../toolchain/locate/elan.ts";
import { wantedToolchain } from "../toolchain/locate/wanted-toolchain.ts";
import { buildOnce } from "./build-once.ts";
import { buildRepl, fetchRepl, findBuildTools, launchIn } from "./build-repl.ts";
import { DEFAULT_SOURCES, findRevisions, parseSource } from "./choose-revision.ts";

/** In seconds: another process may have to download a Lean before it builds. */
const BUILD_LOCK_TIMEOUT = 3600;

/** Which REPL is wanted. */
export interface WantedRepl {
  /** The Lean to build it for; that of the project by default. */
  lean?: string | undefined;
  project?: string | undefined;
  /** The repository to take it from: a URL, or the path of a mirror. */
  from?: string | undefined;
  /** The tag, branch or commit to build; the tag that fits the Lean by default. */
  rev?: string | undefined;
}

/** What is to be built, and where. */
export interface InstallPlan {
  /** The whole name of the toolchain. */
  toolchain: string;
  /** Who names it, such as `--lean`, or the path of a `lean-toolchain`. */
  namedBy: string;
  sources: readonly string[];
  rev: string | undefined;
  /** Where the REPL is found when it is built. */
  folder: string;
  builds: string;
}

/** What is about to be fetched. */
export interface InstallBeginning {
  rev: string;
  /** The repositories, in the order in which they are tried, without credentials. */
  from: string[];
  /** Whether elan downloads the toolchain first. */
  installs: boolean;
}

/** How a REPL is built. */
export interface InstallOptions {
  /** How git and lake are run. */
  run: RunOptions;
  /** How the new REPL is run to try it out. */
  server: LeanServerOptions;
  /** The path of lake, where it is not the first one that is found. */
  lake: string | undefined;
  /** How long to wait for another process that builds, in seconds; an hour by default. */
  lockTimeout: number | undefined;
  /** Called with who builds this REPL already. */
  onWait(holder: string): void;
  /** Called with what will be fetched, before it is. */
  onBegin(beginning: InstallBeginning): void;
  /** Called with what is being done now. */
  onStep(what: string): void;
}

/**
 * Finds out what is to be built, and where.
 * @throws {LeanPickleError} `no-repl` if no toolchain is named, or there is no folder for it
 */
export async function planInstall(wanted: WantedRepl, run: RunOptions): Promise<InstallPlan> {
  const { lean, project, from, rev } = wanted;
  const sources = from === undefined ? DEFAULT_SOURCES : [parseSource(from)];
  const { name: toolchain, from: namedBy } = await wantedToolchain({ lean, project }, run);
  const [folder, builds] = [builtReplFolder(toolchain), buildsFolder(toolchain)];
  if (folder === undefined || builds === undefined) {
    const message = "There is no folder for what is built: you have no home, as it seems.";
    throw new LeanPickleError("no-repl", message, { hint: "Set XDG_CACHE_HOME to a folder." });
  }
  return { toolchain, namedBy, sources, rev, folder, builds };
}

/**
 * Builds the REPL of a plan, unless it is there. Of several processes, one builds.
 * @param force whether it is built again
 * @returns the steps that were done; undefined if it was there
 * @throws {LeanPickleError} `no-repl` if there is none that fits, or it does not build or work
 */
export async function installRepl(
  plan: InstallPlan,
  force: boolean,
  options: InstallOptions,
): Promise<TimedStep[] | undefined> {
  const { toolchain, folder: link, builds } = plan;
  const steps: TimedStep[] = [];
  const isBuilt = await buildOnce(
    { what: `The build of the REPL for ${toolchain}`, link, builds },
    {
      isThere: () => !force && isThere(plan),
      build: async (checkout) => void steps.push(...(await build(plan, checkout, options))),
    },
    {
      lockTimeout: options.lockTimeout ?? BUILD_LOCK_TIMEOUT,
      signal: options.run.signal,
      onWait: options.onWait,
    },
  );
  return isBuilt ? steps : undefined;
}

/** Whether what is asked for is there: any REPL for the toolchain, unless a revision was named. */
function isThere({ toolchain, folder, rev }: InstallPlan): boolean {
  const isBuilt = findBuiltRepl(toolchain) !== undefined;
  return isBuilt && (rev === undefined || isAtRevision(folder, rev));
}

/** Fetches, builds and proves a REPL in an empty folder. */
async function build(
  { toolchain, sources, rev }: InstallPlan,
  checkout: string,
  { run, server, lake: namedLake, onBegin, onStep }: InstallOptions,
): Promise<TimedStep[]> {
  const tools = findBuildTools(namedLake);
  const git = { ...run, git: tools.git };
  const lake = { ...run, lake: tools.lake, toolchain };
  onStep(`Looking for the REPL for ${toolchain}`);
  const candidates = await findRevisions(sources, { toolchain, rev }, git);
  onBegin({
    rev: candidates[0]?.name ?? "",
    from: candidates.map(({ url }) => withoutCredentials(url)),
    installs: wouldDownload(tools.lake, toolchain),
  });
  onStep("Fetching the REPL");
  const fetchedAt = performance.now();
  const found = await fetchRepl(candidates, toolchain, checkout, git);
  onStep("Building the REPL");
  const builtAt = performance.now();
  await buildRepl(checkout, lake);
  const endedAt = performance.now();
  writeBuildRecord(checkout, { source: withoutCredentials(found.url), rev: found.name });
  onStep("Trying the REPL out");
  return [
    { step: "fetch", elapsedMs: builtAt - fetchedAt },
    { step: "build", elapsedMs: endedAt - builtAt },
    ...(await prove(launchIn(checkout, lake), toolchain, server)),
  ];
}

/** @throws {LeanPickleError} `no-repl` if it does not work, or is of another Lean */
async function prove(
  launch: ProcessLaunch,
  toolchain: string,
  options: LeanServerOptions,
): Promise<TimedStep[]> {
  const { steps, failed, header } = await roundTrip(launch, options);
  if (failed) {
    const { step, error } = failed;
    const message = `The REPL was built, and does not work (${step}): ${sentenceOf(error)}`;
    const { hint } = error instanceof LeanPickleError ? error : {};
    throw new LeanPickleError("no-repl", message, { hint, cause: error });
  }
  const [wanted, is] = [versionOfToolchain(toolchain), header?.leanVersion];
  if (wanted !== null && is && is !== wanted) {
    const message = `The REPL was built by Lean ${is}, and not by ${toolchain}.`;
    throw new LeanPickleError("no-repl", message, {
      hint: "Name with --lake a lake that uses the Lean of a lean-toolchain, as elan's does.",
    });
  }
  return steps;
}
