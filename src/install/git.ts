/**
 * What is asked of git. It asks nobody, runs no hook, and takes no settings from a repository that is
 * not its own: one around the current folder could have it run any command. The user's own hold.
 */
import { LeanPickleError } from "../errors.ts";
import {
  type ProgramEnd,
  type RunOptions,
  runProgram,
  withoutCredentials,
} from "../system/run-program.ts";
import { WHOLE_COMMIT } from "../toolchain/locate/git-revision.ts";

/** The transports that are used; `ext::` would run any command. */
const TRANSPORTS = "file:git:http:https:ssh";

const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  // Nothing goes on in the background in a folder that is about to be removed.
  "gc.auto=0",
  "maintenance.auto=false",
  // A server that sends nothing for a minute is given up.
  "http.lowSpeedLimit=1",
  "http.lowSpeedTime=60",
  "advice.detachedHead=false",
  "init.defaultBranch=main",
];

/** How git is run: the executable, and as any tool. */
export interface GitOptions extends RunOptions {
  /** The executable of git. */
  git: string;
}

/**
 * The full names of the tags and the branches of a repository, such as `refs/tags/v4.33.0`.
 * @throws {LeanPickleError} `no-repl` where it cannot be asked
 */
export async function listRefs(url: string, options: GitOptions): Promise<Set<string>> {
  const args = ["ls-remote", "--tags", "--heads", "--", url];
  const { stdout } = await must(
    run(args, quietly(options)),
    `list the tags of ${withoutCredentials(url)}`,
  );
  // Of an annotated tag there is another line, with `^{}`, for the commit that it is of.
  const lines = stdout.matchAll(/^[0-9a-f]+\t(refs\/(?:tags|heads)\/[^\s^]+)$/gm);
  return new Set([...lines].map(([, ref = ""]) => ref));
}

/**
 * Checks a tag or a branch out into an empty folder, without the history behind it.
 * @param ref its full name, which must come from {@link listRefs}
 */
export async function checkOutRef(
  url: string,
  ref: string,
  folder: string,
  options: GitOptions,
): Promise<void> {
  await init(folder, options);
  const local = ref.replace(/^refs\/heads\//, "refs/remotes/source/");
  const fetched = fetch(folder, ["--depth=1"], url, [`+${ref}:${local}`], options);
  await must(fetched, `fetch ${ref} from ${withoutCredentials(url)}`);
  await checkOut(folder, local, options);
}

/**
 * Checks a commit out into an empty folder; false where the repository does not have it.
 * @param commit at least the first digits of its name
 */
export async function checkOutCommit(
  url: string,
  commit: string,
  folder: string,
  options: GitOptions,
): Promise<boolean> {
  await init(folder, options);
  const isWhole = WHOLE_COMMIT.test(commit);
  // A server may refuse what no ref names, and none can be asked for a shortened name.
  if (!isWhole || !(await fetch(folder, ["--depth=1"], url, [commit], options)).ok) {
    const all = ["+refs/heads/*:refs/remotes/source/*", "+refs/tags/*:refs/tags/*"];
    const fetched = fetch(folder, [], url, all, options);
    await must(fetched, `fetch ${withoutCredentials(url)}`);
  }
  const args = ["rev-parse", "--verify", "--quiet", `${commit}^{commit}`];
  const { ok, stdout } = await run(args, quietly(options), folder);
  if (ok) {
    await checkOut(folder, stdout.trim(), options);
  }
  return ok;
}

async function init(folder: string, options: GitOptions): Promise<void> {
  await must(
    run(["init", "--quiet", "--template="], options, folder),
    `make ${folder} a repository`,
  );
}

async function fetch(
  folder: string,
  depth: readonly string[],
  url: string,
  refs: readonly string[],
  options: GitOptions,
): Promise<ProgramEnd> {
  const args = ["fetch", ...depth, "--no-tags", "--no-recurse-submodules", "--", url, ...refs];
  return await run(args, options, folder);
}

async function checkOut(folder: string, revision: string, options: GitOptions): Promise<void> {
  const args = ["checkout", "--quiet", "--detach", revision];
  await must(run(args, options, folder), `check ${revision} out in ${folder}`);
}

async function run(
  args: readonly string[],
  options: GitOptions,
  cwd?: string,
): Promise<ProgramEnd> {
  const settings = SETTINGS.flatMap((setting) => ["-c", setting]);
  // Without a folder of its own it is in no repository, wherever it is run.
  const env = { ...environment(), ...(cwd === undefined && { GIT_DIR: "/dev/null" }) };
  const launch = { command: options.git, args: [...settings, ...args], cwd, env };
  return await runProgram(launch, options);
}

/** For what prints an answer: that is data, and nothing for a person. */
function quietly(options: GitOptions): GitOptions {
  return { ...options, onLine: undefined };
}

async function must(running: Promise<ProgramEnd>, task: string): Promise<ProgramEnd> {
  const end = await running;
  if (!end.ok) {
    const tail = end.tail === "" ? "" : `:\n${end.tail}`;
    throw new LeanPickleError("no-repl", `git could not ${task}: it ${end.what}${tail || "."}`, {
      hint: "Another repository, such as a mirror on this machine, can be named with --from.",
    });
  }
  return end;
}

/** What says which repository git is in: set by a git that runs this program, in a hook say. */
const OF_A_REPOSITORY = [
  "GIT_ALTERNATE_OBJECT_DIRECTORIES",
  "GIT_COMMON_DIR",
  "GIT_DIR",
  "GIT_GRAFT_FILE",
  "GIT_INDEX_FILE",
  "GIT_NAMESPACE",
  "GIT_OBJECT_DIRECTORY",
  "GIT_PREFIX",
  "GIT_REPLACE_REF_BASE",
  "GIT_SHALLOW_FILE",
  "GIT_TEMPLATE_DIR",
  "GIT_WORK_TREE",
];

/** The environment without what says which repository git is in, for git and what runs it. */
export function withoutRepository(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !OF_A_REPOSITORY.includes(name)),
  );
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...withoutRepository(process.env),
    GIT_ALLOW_PROTOCOL: TRANSPORTS,
    // No prompt on a terminal, and none in a window: an empty GIT_ASKPASS goes before all others.
    GIT_TERMINAL_PROMPT: "0",
    GIT_ASKPASS: "",
    SSH_ASKPASS_REQUIRE: "never",
  };
}
