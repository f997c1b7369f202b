import type { Command } from "commander";
import type { TimedStep } from "../doctor/round-trip.ts";
import { LeanPickleError } from "../errors.ts";
import {
  type InstallBeginning,
  type InstallPlan,
  installRepl,
  planInstall,
} from "../install/install-repl.ts";
import type { RunOptions } from "../system/run-program.ts";
import { findBuiltRepl, readBuildRecord } from "../toolchain/locate/built-repls.ts";
import { headRevision } from "../toolchain/locate/git-revision.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import type { SetupDocument, SetupPlan } from "./json/lean-here.ts";
import { stepsDocument, stepTimes } from "./render/timed-steps.ts";

interface SetupOptions {
  lean?: string;
  from?: string;
  rev?: string;
  force?: boolean;
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
  const { project, lake, lockTimeout } = context.options;
  const run = runOptions(context);
  const plan = await planInstall({ ...options, project }, run);
  const steps = await output.withProgress((progress) =>
    installRepl(plan, options.force ?? false, {
      run,
      server: context.serverOptions,
      lake,
      lockTimeout,
      onWait: (holder) => output.note(`Waiting for ${holder}, which builds this REPL.`),
      onBegin: (beginning) => announce(context, plan, beginning),
      onStep: (what) => progress.step(what, performance.now()),
    }),
  );
  show(context, plan, steps);
  return "done";
}

/** Says what will be fetched, from where and to where. */
function announce(
  { output }: Context,
  { toolchain, namedBy, folder }: InstallPlan,
  { rev, from, installs }: InstallBeginning,
): void {
  output.jsonNote({ plan: { toolchain, rev, from, to: folder, installs } } satisfies SetupPlan);
  output.note(
    [
      `Building the REPL for ${toolchain} (${namedBy}):`,
      `  from  ${from.join(", else ")}`,
      `  at    ${rev}`,
      `  to    ${folder}`,
      ...(installs ? [`  elan downloads ${toolchain} first, which is not installed.`] : []),
    ].join("\n"),
  );
}

/** @param steps undefined if the REPL was there */
function show(context: Context, plan: InstallPlan, steps: readonly TimedStep[] | undefined): void {
  const { output } = context;
  const { toolchain, folder } = plan;
  const repl = findBuiltRepl(toolchain);
  if (repl === undefined) {
    throw new LeanPickleError("no-repl", `${folder} was there, and is gone.`);
  }
  const { source = null, rev = null } = readBuildRecord(folder) ?? {};
  const revision = headRevision(folder);
  if (output.json) {
    output.jsonData({
      toolchain,
      source,
      rev,
      revision,
      folder,
      repl,
      built: steps !== undefined,
      steps: stepsDocument(steps ?? []),
    } satisfies SetupDocument);
    return;
  }
  const origin = source === null ? "" : `, from ${source} at ${rev}`;
  output.note(
    steps
      ? `It works: ${stepTimes(steps)}.`
      : `The REPL for ${toolchain} is there already${origin}; --force builds it again.`,
  );
  output.data(repl);
}

/** How git and lake are run: what they print is for `-v`. */
function runOptions({ signal, output }: Context): RunOptions {
  return { signal, ...(output.verbose && { onLine: output.log }) };
}
