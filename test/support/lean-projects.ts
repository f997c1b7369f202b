/** A Lean project with a cache, as a user has it, for the built program. */
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { readLog, simulatedRepl } from "../simulated-repl/index.ts";
import { temporaryFolder } from "./folders.ts";
import { executable, file } from "./lean-places.ts";
import { type Ended, run, type Surroundings } from "./program.ts";

/** Where the compiled modules of a project lie. */
export const BUILT = ".lake/build/lib/lean";

/** A project in which `Foo.Bar` was built, a REPL, and an empty working directory, in one folder. */
export class LeanProject {
  /** The folder that holds all of it. */
  readonly root: string;
  /** Which the stand-in writes to. */
  readonly log = join(temporaryFolder(), "repl.log");
  readonly #userCache = temporaryFolder();

  constructor(root = join(temporaryFolder(), "root")) {
    this.root = root;
    if (existsSync(root)) {
      return;
    }
    file(join(this.project, "lean-toolchain"), "leanprover/lean4:v4.33.0\n");
    file(join(this.project, "lakefile.toml"), 'name = "foo"\n');
    file(join(this.project, "lake-manifest.json"), '{"packages": []}\n');
    file(join(this.project, BUILT, "Foo/Bar.olean"));
    file(join(this.project, BUILT, "Foo/Bar.trace"), '{"depHash": "12", "log": []}');
    file(join(this.cache, ".keep"));
    executable(this.lake, '#!/bin/sh\nshift\nexec "$@"\n');
    executable(this.repl, `#!/bin/sh\nexec ${simulatedRepl}\n`);
  }

  get project(): string {
    return join(this.root, "project");
  }

  get cache(): string {
    return join(this.root, "cache");
  }

  get repl(): string {
    return join(this.root, "bin", "repl");
  }

  get lake(): string {
    return join(this.root, "bin", "lake");
  }

  /** How many REPLs were started so far. */
  get starts(): number {
    return readLog(this.log).filter(({ event }) => event === "start").length;
  }

  /** The same in another place, with files of another time. */
  copy(): LeanProject {
    const root = join(temporaryFolder(), "elsewhere", "root");
    cpSync(this.root, root, { recursive: true });
    return new LeanProject(root);
  }

  /** Runs the program in the project. */
  async run(args: readonly string[], changes: Partial<Surroundings> = {}): Promise<Ended> {
    const { env, ...others } = changes;
    return await run(args, {
      cwd: this.project,
      repl: { LOG: this.log, MODULES: "Init,Std,Lean,Foo" },
      env: {
        XDG_CACHE_HOME: this.#userCache,
        ELAN_TOOLCHAIN: undefined,
        LEAN_PATH: undefined,
        LEAN_PICKLE_DIR: this.cache,
        LEAN_PICKLE_REPL: this.repl,
        LEAN_PICKLE_LAKE: this.lake,
        ...env,
      },
      ...others,
    });
  }

  /** Runs the program, which must succeed, and gives its standard output as JSON. */
  async json(args: readonly string[], changes: Partial<Surroundings> = {}): Promise<unknown> {
    const { stdout, stderr, code } = await this.run([...args, "--json"], changes);
    if (code !== 0) {
      throw new Error(`lean-pickle ${args.join(" ")}: exit ${code}\n${stderr}`);
    }
    return JSON.parse(stdout);
  }
}
