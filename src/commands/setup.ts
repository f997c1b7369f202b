import type { Command } from "commander";
import { roundTrip } from "../doctor/round-trip.ts";
import { LeanPickleError } from "../errors.ts";
import { buildOnce } from "../install/build-once.ts";
import { buildRepl, fetchRepl, findBuildTools, launchIn } from "../install/build-repl.ts";
import {
  DEFAULT_SOURCES,
  findRevisions,
  parseSource,
  type ReplRevision,
} from "../install/choose-revision.ts";
import type { Progress } from "../output/progress.ts";
import { versionOfToolchain } from "../system/lean-version.ts";
import type { ProcessLaunch } from "../system/process-group.ts";
import { type RunOptions, withoutCredentials } from "../system/run-program.ts";
import { sentenceOf } from "../system/system-error.ts";
import {
  buildsFolder,
  builtReplFolder,
  findBuiltRepl,
  isAtRevision,
  readBuildRecord,
  writeBuildRecord,
} from "../toolchain/locate/built-repls.ts";
import { wouldDownload } from "../toolchain/locate/elan.ts";
import { headRevision } from "../toolchain/locate/git-revision.ts";
import { wantedToolchain } from "../toolchain/locate/wanted-toolchain.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import type { SetupDocument, SetupPlan } from "./json/lean-here.ts";
import { stepsDocument, stepTimes, type TimedStep } from "./render/timed-steps.ts";

interface SetupOptions {
  lean?: string;
  from?: string;
  rev?: string;
  force?: boolean;
}

/** In seconds: another process may have to download a Lean before it builds. */
const BUILD_LOCK_TIMEOUT = 3600;

/** What is to be built, and where. */
interface Plan {
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

/** `lean-pickle setup`: fetches and builds the REPL that fits a Lean. */
export function define(command: Command, host: Host): void {
  command
    .option("--lean <version>", "the Lean to build it for (default: that of the project)")
    .option("--from <git-url>", "the repository to take it from: a URL, or the path of a mirror")
    .option("--rev <revision>", "the tag, branch or commit to build (default: the tag that fits)")
    .option("--force", "build again, and replace the old REPL when the new one works")
    .addHelpText(
      "after",
      `
The REPL is put into your cache folder, where every command finds it. The build
needs git and lake. If the REPL is there already, nothing is needed.
${examples("lean-pickle setup", "lean-pickle setup --lean v4.33.0", "lean-pickle setup --from /mirrors/repl.git")}`,
    )
    .action(action(host, setup));
}

async function setup(context: Context, options: SetupOptions): Promise<Outcome> {
  const { output } = context;
  const run = runOptions(context);
  const plan = await makePlan(context, options, run);
  const { toolchain, folder, builds } = plan;
  const steps: TimedStep[] = [];
  const isBuilt = await output.withProgress(
    async (progress) =>
      await buildOnce(
        { what: `The build of the REPL for ${toolchain}`, link: folder, builds },
        {
          isThere: () => !options.force && isThere(plan),
          build: (checkout) => build({ context, plan, run, progress, steps }, checkout),
        },
        {
          lockTimeout: context.options.lockTimeout ?? BUILD_LOCK_TIMEOUT,
          signal: context.signal,
          onWait: (holder) => output.note(`Waiting for ${holder}, which builds this REPL.`),
        },
      ),
  );
  show(context, plan, isBuilt, steps);
  return "done";
}

async function makePlan(
  context: Context,
  { lean, from, rev }: SetupOptions,
  run: RunOptions,
): Promise<Plan> {
  const sources = from === undefined ? DEFAULT_SOURCES : [parseSource(from)];
  const { project } = context.options;
  const { name: toolchain, from: namedBy } = await wantedToolchain({ lean, project }, run);
  const [folder, builds] = [builtReplFolder(toolchain), buildsFolder(toolchain)];
  if (folder === undefined || builds === undefined) {
    const message = "There is no folder for what is built: you have no home, as it seems.";
    throw new LeanPickleError("no-repl", message, { hint: "Set XDG_CACHE_HOME to a folder." });
  }
  return { toolchain, namedBy, sources, rev, folder, builds };
}

/** Whether what is asked for is there: any REPL for the toolchain, unless a revision was named. */
function isThere({ toolchain, folder, rev }: Plan): boolean {
  const isBuilt = findBuiltRepl(toolchain) !== undefined;
  return isBuilt && (rev === undefined || isAtRevision(folder, rev));
}

/** What the steps of a build share. */
interface Work {
  context: Context;
  plan: Plan;
  run: RunOptions;
  progress: Progress;
  /** Takes the steps that are done. */
  steps: TimedStep[];
}

/** Fetches, builds and proves a REPL in an empty folder. */
async function build(work: Work, checkout: string): Promise<void> {
  const { context, plan, run, progress, steps } = work;
  const { toolchain, sources, rev } = plan;
  const tools = findBuildTools(context.options.lake);
  const git = { ...run, git: tools.git };
  const begin = (what: string) => progress.step(what, performance.now());
  begin(`Looking for the REPL for ${toolchain}`);
  const candidates = await findRevisions(sources, { toolchain, rev }, git);
  announce(work, candidates, tools.lake);
  const found = await timed(steps, "fetch", async () => {
    begin("Fetching the REPL");
    return await fetchRepl(candidates, toolchain, checkout, git);
  });
  const options = { ...run, lake: tools.lake, toolchain };
  await timed(steps, "build", async () => {
    begin("Building the REPL");
    return await buildRepl(checkout, options);
  });
  writeBuildRecord(checkout, { source: withoutCredentials(found.url), rev: found.name });
  begin("Trying the REPL out");
  steps.push(...(await prove(context, launchIn(checkout, options), toolchain)));
}

/** Says what will be fetched, from where and to where, before it is. */
function announce(
  { context, plan }: Work,
  candidates: readonly ReplRevision[],
  lake: string,
): void {
  const { toolchain, namedBy, folder } = plan;
  const rev = candidates[0]?.name ?? "";
  const from = candidates.map(({ url }) => withoutCredentials(url));
  const installs = wouldDownload(lake, toolchain);
  context.output.jsonNote({
    plan: { toolchain, rev, from, to: folder, installs },
  } satisfies SetupPlan);
  context.output.note(
    [
      `Building the REPL for ${toolchain} (${namedBy}):`,
      `  from  ${from.join(", else ")}`,
      `  at    ${rev}`,
      `  to    ${folder}`,
      ...(installs ? [`  elan downloads ${toolchain} first, which is not installed.`] : []),
    ].join("\n"),
  );
}

async function timed<T>(steps: TimedStep[], step: string, take: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await take();
  steps.push({ step, elapsedMs: performance.now() - startedAt });
  return result;
}

/** @throws {LeanPickleError} `no-repl` if it does not work, or is of another Lean */
async function prove(
  context: Context,
  launch: ProcessLaunch,
  toolchain: string,
): Promise<TimedStep[]> {
  const { steps, failed, header } = await roundTrip(launch, context.serverOptions);
  if (failed) {
    const { step, error } = failed;
    const why = sentenceOf(error);
    const message = `The REPL was built, and does not work (${step}): ${why}`;
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

function show(context: Context, plan: Plan, built: boolean, steps: readonly TimedStep[]): void {
  const { output } = context;
  const { toolchain, folder } = plan;
  const repl = findBuiltRepl(toolchain);
  if (repl === undefined) {
    throw new LeanPickleError("no-repl", `${folder} was there, and is gone.`);
  }
  const { source = null, rev = null } = readBuildRecord(folder) ?? {};
  const revision = headRevision(folder);
  if (output.json) {
    const whole = stepsDocument(steps);
    output.jsonData({
      toolchain,
      source,
      rev,
      revision,
      folder,
      repl,
      built,
      steps: whole,
    } satisfies SetupDocument);
    return;
  }
  const origin = source === null ? "" : `, from ${source} at ${rev}`;
  output.note(
    built
      ? `It works: ${stepTimes(steps)}.`
      : `The REPL for ${toolchain} is there already${origin}; --force builds it again.`,
  );
  output.data(repl);
}

/** How git and lake are run: what they print is for `-v`. */
function runOptions({ signal, output }: Context): RunOptions {
  return { signal, ...(output.verbose && { onLine: output.log }) };
}
