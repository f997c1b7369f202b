/** The built program on what somebody may have made to break it, each time in a process of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { readLog } from "../simulated-repl/index.ts";
import { program, programEnvironment } from "../support/program-environment.ts";
import { changedBetween, snapshot } from "../support/snapshots.ts";
import { THEOREM } from "../support/states.ts";
import { type FuzzCase, fuzzCases, type PickleChange, type Replacement } from "./fuzz-cases.ts";
import { type Ending, findProblems } from "./fuzz-problems.ts";

/** What came of it. */
export interface FuzzFigures {
  runs: number;
  kinds: Record<string, number>;
  /** How often the program ended with each exit code. */
  exitCodes: Record<string, number>;
  slowestMs: number;
  /** What should not have been, each with the case that it came of as JSON. */
  problems: string[];
}

/** After this the program counts as one that hangs, in milliseconds: no request may take so long. */
const HANGS_MS = 60_000;

/**
 * Runs the program on `runs` cases, twice as many at a time as there are processors: some wait.
 * @param seed decides on the cases
 * @param onRun called after each, with how many there were
 */
export async function fuzz({
  runs,
  seed,
  onRun,
}: {
  runs: number;
  seed: number;
  onRun?: (done: number) => void;
}): Promise<FuzzFigures> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "lean-pickle-fuzz-")));
  try {
    const base = join(folder, "base");
    await makeBase(base);
    const cases = fuzzCases(runs, seed, readFileSync(join(base, "lean-pickle.json"), "utf8"));
    const figures: FuzzFigures = { runs: 0, kinds: {}, exitCodes: {}, slowestMs: 0, problems: [] };
    const waiting = cases.values();
    const workers = Array.from({ length: 2 * availableParallelism() }, async (_, worker) => {
      for (const each of waiting) {
        const place = new Place(join(folder, `worker-${worker}`), base);
        record(figures, each, await place.run(each));
        onRun?.(figures.runs);
      }
    });
    await Promise.all(workers);
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function record(figures: FuzzFigures, of: FuzzCase, { code, ms, problems }: Outcome): void {
  figures.runs++;
  figures.kinds[of.kind] = (figures.kinds[of.kind] ?? 0) + 1;
  figures.exitCodes[String(code)] = (figures.exitCodes[String(code)] ?? 0) + 1;
  figures.slowestMs = Math.max(figures.slowestMs, Math.round(ms));
  figures.problems.push(
    ...problems.map((problem) => `${problem}: ${JSON.stringify(of).slice(0, 5000)}`),
  );
}

/** A cache with an environment, a proof state on it, and one on that. */
async function makeBase(cwd: string): Promise<void> {
  mkdirSync(cwd);
  for (const args of [
    ["-c", "def f := 42", "-n", "base"],
    ["--from", "base", "-c", THEOREM, "--sorry", "0", "-n", "goal"],
    ["--from", "goal", "-t", "apply And.intro"],
  ]) {
    const { code, stderr } = await run(["add", ...args], { cwd, env: programEnvironment() }, "");
    if (code !== 0) {
      throw new Error(`the cache to start from could not be made: ${stderr}`);
    }
  }
  writeFileSync(join(cwd, "a.lean"), "def a := 1\n");
  writeFileSync(join(cwd, "batch.jsonl"), '{"cmd": "def b := 1"}\n{"from": "goal"}\n');
}

interface Outcome {
  code: number | null;
  ms: number;
  problems: string[];
}

/** A working directory as it was, and beside it what must stay as it is. */
class Place {
  readonly #outside: string;
  readonly #work: string;
  readonly #log: string;

  constructor(folder: string, base: string) {
    this.#outside = join(folder, "outside");
    this.#work = join(folder, "work");
    this.#log = join(folder, "repl.log");
    rmSync(folder, { recursive: true, force: true });
    for (const name of ["folder", "home", "tmp"]) {
      mkdirSync(join(this.#outside, name), { recursive: true });
    }
    writeFileSync(join(this.#outside, "file"), "nobody's business");
    cpSync(join(base, "session_cache"), join(this.#outside, "folder", "session_cache"), COPY);
    cpSync(base, this.#work, COPY);
  }

  async run(each: FuzzCase): Promise<Outcome> {
    const manifest = join(this.#work, "lean-pickle.json");
    const { states } = JSON.parse(readFileSync(manifest, "utf8"));
    if (each.manifest !== undefined) {
      this.#replace(manifest, each.manifest);
    }
    if (each.pickle !== undefined) {
      this.#replace(join(this.#work, states[0].pickleFile), each.pickle);
    }
    const before = { outside: snapshot(this.#outside), work: snapshot(this.#work) };
    const env = programEnvironment(
      { LOG: this.#log },
      {
        HOME: join(this.#outside, "home"),
        TMPDIR: join(this.#outside, "tmp"),
        XDG_CACHE_HOME: "",
        LEAN_PICKLE_LOCK_TIMEOUT: "2",
      },
    );
    const ended = await run(each.argv, { cwd: this.#work, env }, each.stdin);
    const ending = { ...ended, asked: readLog(this.#log).map(({ detail }) => detail) };
    const { written, touched } = changedBetween(before.outside, snapshot(this.#outside));
    const inside = changedBetween(before.work, snapshot(this.#work)).written;
    const problems = findProblems(each, ending, inside);
    if (written.length + touched.length > 0) {
      problems.push(`changed outside: ${[...written, ...touched].join(", ")}`);
    }
    return { code: ending.code, ms: ending.ms, problems };
  }

  #replace(path: string, by: string | Replacement | PickleChange): void {
    if (typeof by === "string") {
      writeFileSync(path, by);
    } else if ("put" in by) {
      rmSync(path);
      PUT[by.put](path, this.#outside);
    } else {
      changePickle(path, by);
    }
  }
}

const COPY = { recursive: true, preserveTimestamps: true };

/** What stands in the place of a file. */
const PUT: Record<Replacement["put"], (path: string, outside: string) => void> = {
  nothing: () => {},
  empty: (path) => writeFileSync(path, ""),
  folder: (path) => void mkdirSync(path),
  pipe: (path) => void execFileSync("mkfifo", [path]),
  "link-to-file-outside": (path, outside) => symlinkSync(join(outside, "file"), path),
  "link-to-folder-outside": (path, outside) => symlinkSync(join(outside, "folder"), path),
  "link-to-nothing": (path, outside) => symlinkSync(join(outside, "none"), path),
  "link-to-itself": (path) => symlinkSync(path, path),
  "link-to-endless": (path) => symlinkSync("/dev/zero", path),
  "hard-link-outside": (path, outside) => linkSync(join(outside, "file"), path),
};

function changePickle(path: string, change: PickleChange): void {
  chmodSync(path, 0o600);
  const bytes = readFileSync(path);
  if ("flipBit" in change) {
    const at = Math.floor(change.at * bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << change.flipBit);
    writeFileSync(path, bytes);
  } else if ("cutAt" in change) {
    truncateSync(path, Math.floor(change.cutAt * bytes.length));
  } else if ("append" in change) {
    appendFileSync(path, change.append);
  } else {
    chmodSync(path, change.mode);
  }
}

async function run(
  argv: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
  stdin: string,
): Promise<Omit<Ending, "asked">> {
  const startedAt = performance.now();
  const child: ChildProcess = spawn(process.execPath, [program, ...argv], { cwd, env });
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    child.kill("SIGKILL");
  }, HANGS_MS);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  child.stdin?.on("error", () => {}).end(stdin);
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.once("close", (...end) => resolve(end));
  });
  clearTimeout(timer);
  return { code, signal, hangs, ms: performance.now() - startedAt, ...texts };
}
