// The stand-in against what real REPLs answered. The recordings lie beside the project and are
// not part of it.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { converse, parseAnswers, temporaryDirectory } from "./harness.ts";

const recordings = fileURLToPath(new URL("../../../shared/repl-transcripts/", import.meta.url));
const upstream = join(recordings, "upstream");
const realLean = join(recordings, "real-lean");
const present = existsSync(upstream) && existsSync(realLean);
if (!present) {
  process.stderr.write(`No recordings in ${recordings}: the tests against them are skipped.\n`);
}

/** In the order in which they read each other's pickles. */
const REPRODUCED = [
  "pickle_environment",
  "pickle_open",
  "pickle_open_2",
  "pickle_proof_state_1",
  "pickle_proof_state_2",
  "pickle_proof_state_env",
  "unknown_environment",
  "unknown_proof_state",
  "unknown_tactic",
  "proof_step",
  "proof_branching",
  "proof_branching2",
  "readme",
  "sorry_hypotheses",
  "have_by_sorry",
  "tactic_mode_sorry",
  "tactic_sorry",
  "term_sorry",
  "dup_sorries",
  "dup_msg",
  "def_eval",
  "invalid_tactic",
  "invalid_line_break",
  "line_breaks",
  "file_env",
  "import_lean",
  "no_goal_sorry_2",
  "synthesize_placeholder",
  "unfinished_tactic_block",
];

/** Not reproduced, each for its reason. */
const BEYOND: Record<string, string> = {
  all_tactics: "allTactics: which constants a tactic uses is Lean's inside",
  calc: "allTactics, and `calc`",
  file: "allTactics",
  file2: "allTactics",
  infotree: "infotree is Lean's inside",
  app_type_mismatch: "`cases`",
  app_type_mismatch2: "`cases`, and terms that only the kernel refuses",
  incomplete: "`by_cases`",
  name_generator: "options, `simp`, and traces",
  no_goal_sorry: "auto-bound names and metavariables in a type",
  options: "options and `#print`",
  self_proof_apply_check: "recursion, and terms that only the kernel refuses",
  self_proof_exact_check: "recursion, and terms that only the kernel refuses",
};

it.skipIf(!present)("knows of every upstream recording", () => {
  const all = readdirSync(upstream).filter((name) => name.endsWith(".in"));
  const known = [...REPRODUCED, ...Object.keys(BEYOND)];
  expect(known.sort()).toEqual(all.map((name) => basename(name, ".in")).sort());
});

it.skipIf(!present)("answers the upstream recordings, to the letter", async () => {
  const cwd = temporaryDirectory();
  mkdirSync(join(cwd, "test"));
  for (const name of readdirSync(upstream).filter((each) => each.endsWith(".lean"))) {
    copyFileSync(join(upstream, name), join(cwd, "test", name));
  }
  for (const name of REPRODUCED) {
    const input = readFileSync(join(upstream, `${name}.in`), "utf8");
    const recorded = readFileSync(join(upstream, `${name}.expected.out`), "utf8");
    const outcome = await converse(input, { cwd });
    expect(parseAnswers(outcome.stdout), name).toEqual(parseAnswers(recorded));
    expect(outcome.stdout.trimEnd(), `layout of ${name}`).toBe(recorded.trimEnd());
    expect(outcome, name).toMatchObject({ exitCode: 0, signal: null, stderr: "" });
  }
});

interface Recording {
  name: string;
  stdin: string;
  stdout: string;
  stderr: string;
  exitCode: number | null;
  signal: string | null;
}

function realRecordings(): Recording[] {
  const rank = (name: string) =>
    ["environment_", "proof_state_round", "proof_state_"].findIndex((each) =>
      name.startsWith(each),
    );
  const ranked = (name: string) => (rank(name) === -1 ? 3 : rank(name));
  const names = readdirSync(realLean).sort((a, b) => ranked(a) - ranked(b) || (a < b ? -1 : 1));
  return names.map((name) => JSON.parse(readFileSync(join(realLean, name), "utf8")));
}

/** The damaged files as the recordings' README makes them. */
function damage(cwd: string): void {
  const whole = readFileSync(join(cwd, "proof.olean"));
  const flipped = Buffer.from(whole);
  const middle = Math.floor(whole.length / 2);
  for (let at = middle; at < middle + 20; at += 1)
    flipped.writeUInt8(flipped.readUInt8(at) ^ 255, at);
  writeFileSync(join(cwd, "truncated.olean"), whole.subarray(0, middle));
  writeFileSync(join(cwd, "flipped.olean"), flipped);
  writeFileSync(join(cwd, "empty.olean"), "");
}

/** `fatal_*` and lean errors differ in wording since 4.0.0: these are the beginnings that agree. */
const AGREED: Record<string, string> = {
  // Lean creates no lock file any more, so there is none that it fails to open.
  fatal_pickle_into_missing_directory: "uncaught exception: failed to ",
};

it.skipIf(!present)("answers and dies as a real Lean 4.0.0 did, to the letter", async () => {
  const cwd = temporaryDirectory();
  for (const recording of realRecordings()) {
    const settings = { DIALECT: "4.0.0" };
    const outcome = await converse(recording.stdin, { cwd, settings });
    if (recording.name === "proof_state_round_trip") damage(cwd);
    const { stdout, stderr, exitCode, signal } = recording;
    expect(outcome, recording.name).toEqual({ stdout, stderr, exitCode, signal });
  }
});

it.skipIf(!present)("dies as a Lean 4.33 does where the releases agree", async () => {
  const cwd = temporaryDirectory();
  for (const recording of realRecordings()) {
    const outcome = await converse(recording.stdin, { cwd });
    if (recording.name === "proof_state_round_trip") damage(cwd);
    const { exitCode, signal, name } = recording;
    expect(outcome, name).toMatchObject({ exitCode, signal });
    expect(outcome.stderr, name).toContain(AGREED[name] ?? recording.stderr);
    const [answers, recorded] = [outcome.stdout, recording.stdout].map(parseAnswers);
    expect(answers?.map(withoutWording), name).toEqual(recorded?.map(withoutWording));
  }
});

/**
 * An answer without what newer releases say differently: the texts of messages, and where the
 * warning about a `sorry` stands (at the declaration's name, once, not at each `sorry`).
 */
function withoutWording(answer: { messages?: { severity: string }[] }): object {
  const { messages, ...rest } = answer;
  return { ...rest, severities: [...new Set(messages?.map(({ severity }) => severity))] };
}
