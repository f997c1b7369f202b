/** Machines on which more or less of what it takes to run Lean is installed. */
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { temporaryFolder } from "./folders.ts";
import { executable, file } from "./lean-places.ts";
import { type Ended, run } from "./program.ts";

/** Where lake puts the REPL, in its folder. */
export const BUILT = ".lake/build/bin/repl";
/** A script that is the stand-in. */
export const STAND_IN = `#!/bin/sh\nexec ${process.execPath} ${simulatedRepl}\n`;
export const V33 = "leanprover/lean4:v4.33.0-rc2";

/** What `doctor --json` prints. */
export interface Document {
  ok: boolean;
  findings: { what: string; status: string; found: string; from: string; mend: string | null }[];
  roundTrip: {
    steps: { step: string; elapsedMs: number }[];
    header: object;
    error?: object;
  } | null;
}

/** A user with a home, a folder of programs that is all there is on PATH, and a folder to work in. */
export class Machine {
  readonly root = temporaryFolder();
  readonly home = join(this.root, "home");
  readonly bin = join(this.root, "bin");
  readonly cwd = join(this.root, "work");
  readonly temporary = join(this.root, "tmp");

  constructor() {
    for (const folder of [this.home, this.bin, this.cwd, this.temporary]) {
      file(join(folder, ".keep"));
    }
    symlinkSync("/bin/sh", join(this.bin, "sh"));
  }

  /** A program on PATH: a shell script. */
  has(name: string, script: string): void {
    executable(join(this.bin, name), `#!/bin/sh\n${script}\n`);
  }

  /** Lean, as it is installed without elan. */
  hasLean(): void {
    this.has("lean", 'echo "Lean (version 4.33.0-rc2, x86_64, commit d117b78, Release)"');
    this.has(
      "lake",
      'if [ "$1" = --version ]; then echo "Lake version 5.0.0 (Lean version 4.33.0-rc2)"; exit; fi; shift; exec "$@"',
    );
  }

  /** A built project with a REPL among its packages. */
  hasProject(toolchain = V33, script = STAND_IN): string {
    file(join(this.cwd, "lakefile.toml"), 'name = "foo"\n');
    file(join(this.cwd, "lean-toolchain"), `${toolchain}\n`);
    return executable(join(this.cwd, ".lake/packages/repl", BUILT), script);
  }

  async run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return await run(args, {
      cwd: this.cwd,
      env: {
        PATH: this.bin,
        HOME: this.home,
        TMPDIR: this.temporary,
        LEAN_PICKLE_REPL: undefined,
        ...env,
      },
    });
  }

  async doctor(env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Promise<Document> {
    const { stdout, code } = await this.run(["doctor", "--json", ...args], env);
    const document = JSON.parse(stdout) as Document;
    expect(code).toBe(document.ok ? 0 : 5);
    return document;
  }
}

/** What it says of one thing. */
export function finding(
  { findings }: Document,
  what: string,
): Document["findings"][number] | undefined {
  return findings.find((each) => each.what === what);
}

/** The commands that stand below what is wrong: what is indented and begins as they do. */
export function commandsIn(stdout: string): string[] {
  return [...stdout.matchAll(/^ {21}((?:curl|elan|lean-pickle|lake|\().*)$/gm)].map(
    ([, command = ""]) => command,
  );
}
