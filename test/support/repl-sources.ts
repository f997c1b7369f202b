/** Repositories of the REPL, a git and a lake of the tests' own, and the program among them. */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { sharedFolder, temporaryFolder } from "./folders.ts";
import { executable, file, git } from "./lean-places.ts";
import { type Ended, type Running, type Surroundings, start } from "./program.ts";

/** Where the real git is, whatever PATH a test has. */
const GIT = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();

/** The mirrors that were made, by their tags: each takes some thirty runs of git. */
const mirrors = new Map<string, string>();

/**
 * A bare mirror of a repository of the REPL, of the test's own.
 * @param tags by name what the `lean-toolchain` there says; each is a commit on the branch `main`
 */
export function replMirror(tags: Record<string, string>): string {
  const id = JSON.stringify(tags);
  const made = mirrors.get(id) ?? makeMirror(tags);
  mirrors.set(id, made);
  const own = join(temporaryFolder(), "repl.git");
  cpSync(made, own, { recursive: true });
  return own;
}

function makeMirror(tags: Record<string, string>): string {
  const folder = sharedFolder();
  const work = join(folder, "repl");
  file(join(work, "lakefile.toml"), 'name = "REPL"\n');
  git(work, "init");
  for (const [tag, toolchain] of Object.entries(tags)) {
    file(join(work, "lean-toolchain"), `${toolchain}\n`);
    git(work, "add", "--all");
    git(work, "commit", "--allow-empty", "-m", tag);
    // Upstream's tags are annotated.
    git(work, "tag", "-a", "-m", tag, tag);
  }
  git(folder, "clone", "--mirror", work, "repl.git");
  return join(folder, "repl.git");
}

const OFFICIAL = "leanprover/lean4:";

/** A bare mirror with upstream's tags, those of the fork, and one that says what it is not. */
export function mixedMirror(): string {
  return replMirror({
    "v4.31.0": `${OFFICIAL}v4.31.0`,
    "v4.32.0": `${OFFICIAL}v4.32.0`,
    "v1.3.9_lean-toolchain-v4.33.0-rc1": `${OFFICIAL}v4.33.0-rc1`,
    "v1.3.18_lean-toolchain-v4.33.0-rc1": `${OFFICIAL}v4.33.0-rc1`,
    "v1.3.18_lean-toolchain-v4.32.0": `${OFFICIAL}v4.32.0`,
    "v1.3.18_lean-toolchain-v4.30.0": `${OFFICIAL}v4.30.0`,
    "v1.3.18_lean-toolchain-nightly-2026-01-02": "leanprover/lean4-nightly:nightly-2026-01-02",
    "v4.20.0": `${OFFICIAL}v4.21.0`,
  });
}

/** Notes each call, and for those that are named waits until the file that says so is gone. */
const GIT_OF_TESTS = `#!/bin/sh
echo "$$ $*" >> "$GIT_LOG"
for hang in $GIT_HANGS; do
  case " $* " in *" $hang "*) : > "$GIT_LOG.hangs"; while [ -e "$GIT_LOG.hangs" ]; do /bin/sleep 0.05; done;; esac
done
exec ${GIT} "$@"
`;

/** "Builds" the stand-in, as the Lean of the checkout's lean-toolchain, or as the LAKE_... say. */
const LAKE_OF_TESTS = `#!/bin/sh
command=$1
shift
if [ "$command" = env ]; then
  if [ -n "$LAKE_SAYS" ]; then
    echo "$LAKE_SAYS"
  fi
  "$@"
  status=$?
  # As for lake, it is a failure like others where a signal has ended the program.
  [ $status -lt 128 ] || status=1
  exit $status
fi
echo "$$ $command $ELAN_TOOLCHAIN\${LEAN_SYSROOT+ LEAN_SYSROOT}\${GIT_DIR+ GIT_DIR}" >> "$LAKE_LOG"
echo "⚠ [1/2] Building REPL"
if [ -n "$LAKE_HANGS" ]; then
  /bin/mkdir -p .lake/build
  /bin/sleep 3600 &
  echo "$! child" >> "$LAKE_LOG"
  : > "$LAKE_LOG.hangs"
  wait
fi
if [ -n "$LAKE_FAILS" ]; then
  echo "error: REPL/Main.lean:1:0: $LAKE_FAILS" >&2
  exit 1
fi
read -r toolchain < lean-toolchain
release=\${toolchain##*:}
/bin/mkdir -p .lake/build/bin
if [ -z "$LAKE_MAKES_NOTHING" ]; then
  cd .lake/build/bin
  echo "#!/bin/sh
SIMULATED_REPL_LEAN_VERSION=\${LAKE_LEAN-\${release#v}} exec ${process.execPath} ${simulatedRepl}" > repl
  /bin/chmod 755 repl
fi
echo "Build completed successfully."
`;

/** A user with a git and a lake and nothing else, in an empty folder. */
export class SetupPlace {
  readonly root = temporaryFolder();
  readonly cwd = join(this.root, "work");
  readonly bin = join(this.root, "bin");
  readonly temporary = join(this.root, "tmp");
  /** The folder of what is built. */
  readonly repls = join(this.root, "cache", "lean-pickle", "repl");
  readonly #gitLog = join(this.root, "git.log");
  readonly #lakeLog = join(this.root, "lake.log");

  constructor() {
    executable(join(this.bin, "git"), GIT_OF_TESTS);
    executable(join(this.bin, "lake"), LAKE_OF_TESTS);
    file(join(this.cwd, ".keep"));
    file(join(this.temporary, ".keep"));
    file(join(this.root, "home", ".keep"));
  }

  /** An environment with nothing of the tester's own in it that has to do with Lean or git. */
  get env(): NodeJS.ProcessEnv {
    return {
      PATH: this.bin,
      HOME: join(this.root, "home"),
      TMPDIR: this.temporary,
      XDG_CACHE_HOME: join(this.root, "cache"),
      ELAN_HOME: undefined,
      ELAN_TOOLCHAIN: undefined,
      LEAN_PICKLE_REPL: undefined,
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_LOG: this.#gitLog,
      LAKE_LOG: this.#lakeLog,
    };
  }

  /** Starts `lean-pickle setup`, or another command. */
  start(
    args: readonly string[],
    { env, ...others }: Partial<Surroundings> = {},
    command: readonly string[] = ["setup"],
  ): Running {
    const all = { ...this.env, ...env };
    return start([...command, ...args], { cwd: this.cwd, env: all, ...others });
  }

  /** Runs a command in the user's shell, to its end. */
  shell(command: string, env: NodeJS.ProcessEnv): { code: number | null; stderr: string } {
    const { status, stderr } = spawnSync("/bin/sh", ["-c", command], {
      cwd: this.cwd,
      env: { ...this.env, ...env },
      encoding: "utf8",
    });
    return { code: status, stderr };
  }

  /** As {@link start}, to its end. */
  async run(
    args: readonly string[],
    changes: Partial<Surroundings> = {},
    command?: readonly string[],
  ): Promise<Ended> {
    return await this.start(args, changes, command).ended;
  }

  /** Runs `lean-pickle setup --json`, which must succeed. */
  async json(args: readonly string[], changes: Partial<Surroundings> = {}) {
    const { stdout, stderr, code } = await this.run([...args, "--json"], changes);
    if (code !== 0) {
      throw new Error(`lean-pickle setup ${args.join(" ")}: exit ${code}\n${stderr}`);
    }
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  /** The folder in which the REPL of a release of Lean is found. */
  folder(release: string): string {
    return join(this.repls, `leanprover--lean4---${release}`);
  }

  /** The arguments of each git so far that did one of these things, in order. */
  gits(...commands: readonly string[]): string[] {
    return lines(this.#gitLog).filter((line) =>
      commands.some((each) => line.includes(` ${each} `)),
    );
  }

  /** `PID build TOOLCHAIN` for each build so far, in order, and `PID child`. */
  builds(): string[] {
    return lines(this.#lakeLog);
  }

  /** Whether a git, or a lake, stays where it is for ever. */
  hangs(tool: "git" | "lake"): boolean {
    return existsSync(`${tool === "git" ? this.#gitLog : this.#lakeLog}.hangs`);
  }

  /** What lies in the folder of the builds of a release, without what is always there. */
  left(release: string): string[] {
    const folder = join(this.repls, ".builds", `leanprover--lean4---${release}`);
    return existsSync(folder) ? readdirSync(folder) : [];
  }
}

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}
