// The stand-in against what real REPLs answered. The recordings lie beside the project.
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { haveRecordings, WITHOUT_RECORDINGS } from "../support/recordings.ts";
import { converse, parseAnswers } from "./harness.ts";

const folder = new URL("../../../shared/repl-transcripts/", import.meta.url).pathname;

/** Those that are not reproduced, by the reason. */
const BEYOND = {
  "allTactics: which constants a tactic uses is Lean's inside": "all_tactics calc file file2",
  "infotree is Lean's inside": "infotree",
  "`cases` and `by_cases`": "app_type_mismatch app_type_mismatch2 incomplete",
  recursion: "self_proof_apply_check self_proof_exact_check",
  "`h.left`": "proof_branching proof_branching2",
  "a type written behind a term": "def_eval",
  "`rw` by a theorem with arguments": "file_env",
  "traces, and `simp` with terms": "name_generator",
  "metavariables in a type": "no_goal_sorry",
  "`#print`, and options": "options",
};

type Ending = { stdout: string; stderr: string; exitCode: number | null; signal: string | null };
type Recording = { name: string; dialect: string; stdin: string } & Ending;

/** In the order in which they read each other's pickles. */
function readRecordings(): Recording[] {
  const read = (...path: string[]) => readFileSync(join(folder, ...path), "utf8");
  const realLean = readdirSync(join(folder, "real-lean")).map((file): Recording => {
    return { ...JSON.parse(read("real-lean", file)), dialect: "4.0.0" };
  });
  const first = ["environment_", "proof_state_round", "proof_state_", ""];
  const rank = ({ name }: Recording) => first.findIndex((each) => name.startsWith(each)) + name;
  const upstream = readdirSync(join(folder, "upstream")).flatMap((file): Recording[] => {
    const [name = "", kind] = file.split(".");
    const answers = kind === "in" ? read("upstream", `${name}.expected.out`) : "";
    const ending = { stdout: answers, stderr: "", exitCode: 0, signal: null };
    return kind === "in"
      ? [{ name, dialect: "4.33", stdin: read("upstream", file), ...ending }]
      : [];
  });
  return [...realLean.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)), ...upstream];
}

/** The damaged files, as the recordings' README makes them. */
function damage(cwd: string): void {
  const whole = readFileSync(join(cwd, "proof.olean"));
  const middle = Math.floor(whole.length / 2);
  const turned = whole.map((byte, at) => (at >= middle && at < middle + 20 ? byte ^ 255 : byte));
  writeFileSync(join(cwd, "truncated.olean"), whole.subarray(0, middle));
  writeFileSync(join(cwd, "flipped.olean"), turned);
  writeFileSync(join(cwd, "empty.olean"), "");
}

const title = "answers and dies as real REPLs did, but where it is listed";
it.skipIf(!haveRecordings)(haveRecordings ? title : `${title}: ${WITHOUT_RECORDINGS}`, () => {
  const cwd = temporaryFolder();
  cpSync(join(folder, "upstream"), join(cwd, "test"), { recursive: true });
  const strange = readRecordings().filter((wanted) => {
    const found = converse(wanted.stdin, cwd, { DIALECT: wanted.dialect });
    if (wanted.name === "proof_state_round_trip") damage(cwd);
    const whole = ({ stdout, stderr, exitCode, signal }: Ending) => {
      return { answers: parseAnswers(stdout), stderr, exitCode, signal };
    };
    return !isDeepStrictEqual(whole(found), whole(wanted));
  });
  const listed = Object.values(BEYOND).flatMap((names) => names.split(" "));
  expect(strange.map(({ name }) => name).sort()).toEqual(listed.sort());
});
