// Faults: each strikes where it was told to, and nowhere else.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { ask, converse, type Settings } from "./harness.ts";

const [F, G] = [{ cmd: "def f := 1" }, { cmd: "def g := 2" }];
const THEOREM = { cmd: "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry" };
const MAKE = [THEOREM, { pickleTo: "e", env: 0 }, { pickleTo: "p", proofState: 0 }];
const LOAD = { unpickleProofStateFrom: "p" };
const [ONE, SEGV] = ['{"env": 0}\n\n', { stderr: "", signal: "SIGSEGV" }];
const CRASH = { stderr: "uncaught exception: simulated crash\n", exitCode: 1 };

it.each<[Settings, object[], string, object]>([
  [{ CRASH_AT: "2" }, [F, G, F], ONE, CRASH],
  [{ CRASH_ON: "def g :=" }, [F, G, F], ONE, CRASH],
  [{ SEGV_AT: "2" }, [F, G, F], ONE, SEGV],
  [{ SEGV_ON: "hq : q" }, [F, LOAD, F], ONE, SEGV],
  [{ HANG_ON: "def g" }, [F, G, F], ONE, { signal: "SIGKILL" }],
  [{ GARBAGE_AT: "1" }, [F], "this is not JSON\n\n", { exitCode: 0 }],
  [{ CLOSURES_AT: "1" }, [F, { pickleTo: "x", env: 0 }], ONE, { exitCode: 1 }],
  [{ CLOSURES_ON: "⊢ p ∧ q" }, MAKE, "", { exitCode: 1 }],
  [{ STDERR_AT_START: "1000000", STDERR_PER_REQUEST: "3000" }, [F], ONE, { exitCode: 0 }],
  [{ BANNER: "Lean says ⊢" }, [F], `Lean says ⊢\n${ONE}`, { exitCode: 0 }],
  [{ CHUNK_BYTES: "1", CHUNK_MS: "1" }, [F], ONE, { exitCode: 0 }],
  [{ LEAN_VERSION: "4.9.0" }, [F, LOAD], ONE, { exitCode: 1 }],
  [{ OLEAN_VERSION: "1" }, [F, LOAD], ONE, { exitCode: 1 }],
  [{ CHANGED_GOALS: "*" }, [LOAD], "[^]*⊢ False", { exitCode: 0 }],
  [{ CHANGED_GOALS: "hq : q" }, [LOAD], "[^]*⊢ False", { exitCode: 0 }],
  [{ CHANGED_GOALS: "hr" }, [LOAD], "[^]*⊢ p ∧ q", { exitCode: 0 }],
  [{ HANG_AT: "soon" }, [F], "", { exitCode: 64 }],
  [{ HANG_ATT: "1" }, [F], "", { exitCode: 64 }],
])("%j", (settings, items, stdout, ending) => {
  const cwd = temporaryFolder();
  ask(MAKE, cwd);
  const outcome = converse(items, cwd, settings, 4000);
  expect(outcome).toMatchObject({ ...ending, stdout: expect.stringMatching(`^${stdout}`) });
});

it("a pickle ends with the address of its root, unless it is cut off", () => {
  const cwd = temporaryFolder();
  ask(MAKE, cwd);
  const whole = readFileSync(join(cwd, "e"));
  const root = whole.readBigUInt64LE(whole.length - 8) - whole.readBigUInt64LE(80);
  expect(root > 80n && root < whole.length).toBe(true);
  expect(ask([F, { pickleTo: "cut", env: 0 }], cwd, { TRUNCATE_PICKLE: "1000" })).toHaveLength(2);
  expect(statSync(join(cwd, "cut")).size).toBe(1000);
  const load = [{ unpickleEnvFrom: "cut" }];
  expect(converse(load, cwd)).toMatchObject({ stdout: "", ...SEGV });
});

it("a hang in the middle of a pickle leaves its temporary file behind", () => {
  const cwd = temporaryFolder();
  const input = [F, { pickleTo: "e", env: 0 }];
  expect(converse(input, cwd, { HANG_IN_PICKLE_AT: "1" }, 3000).stdout).toBe(ONE);
  expect(readdirSync(cwd)).toEqual([expect.stringMatching(/^e\.tmp\.\d+$/)]);
});

it("the README lists the settings", () => {
  const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8");
  const code = read("settings.js").replace(/fault\("(\w+)"\)/g, 'read("$1_AT") read("$1_ON")');
  const names = [...code.matchAll(/read\("(\w+)"/g)].map(([, name]) => name);
  const rows = read("README.md").match(/^\| `[^|]*/gm) ?? [];
  expect(rows.flatMap((row) => row.match(/\w+/g)).sort()).toEqual(names.sort());
});
