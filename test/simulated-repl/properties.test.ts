// Properties of the stand-in, over generated input.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { isComment, RequestFramer } from "./framing.js";
import { ask, converse, requests, temporaryDirectory } from "./harness.ts";
import { pretty } from "./printing.js";

const HEADER_BYTES = 88;
const ADDRESS_BYTES = 8;

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((each) => each % (bytes.length + 1)), bytes.length];
  sorted.sort((a, b) => a - b);
  return sorted.slice(1).map((end, at) => bytes.subarray(sorted[at], end));
}

/** What a framer makes of chunks that share one buffer, as they do when read from a descriptor. */
function framed(chunks: readonly Buffer[]): string[] {
  const framer = new RequestFramer();
  const buffer = Buffer.alloc(Math.max(1, ...chunks.map(({ length }) => length)));
  const found = chunks.flatMap((chunk) => {
    chunk.copy(buffer);
    return [...framer.push(buffer.subarray(0, chunk.length))];
  });
  const last = framer.end();
  return last === undefined ? found : [...found, last];
}

it("frames any chunking of an input alike", () => {
  const line = fc.oneof(
    fc.constantFrom("", " ", "\t", "{}", "# comment", "-- comment"),
    fc.string({ unit: "grapheme", maxLength: 6 }),
  );
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), fc.array(fc.nat()), (lines, ended, places) => {
      const bytes = Buffer.from(lines.join("\n") + (ended ? "\n" : ""));
      expect(framed(cut(bytes, places))).toEqual(framed([bytes]));
    }),
  );
});

it("gives the same answers for any chunking, from a real process", async () => {
  const text = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";
  const input = Buffer.from(
    `# skipped\n\n${requests({ cmd: text }, { tactic: "constructor", proofState: 0 })}{"cmd": "def é := 1"}`,
  );
  const whole = await converse([input]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(), { maxLength: 20 }), async (places) => {
      expect(await converse(cut(input, places))).toEqual(whole);
    }),
    { numRuns: 10 },
  );
});

it("skips comments and nothing else", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(isComment(`#${text}`) && isComment(`--${text}`)).toBe(true);
      expect(isComment(` ${text}`) || isComment(`{${text}`)).toBe(false);
    }),
  );
});

it("prints any JSON so that it reads the same, without an empty line", () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: "grapheme" }), (value) => {
      const json = JSON.parse(JSON.stringify(value));
      const text = pretty(json);
      expect(JSON.parse(text)).toEqual(json);
      expect(text).not.toContain("\n\n");
    }),
  );
});

const PROPOSITION = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("p", "q", "r", "True", "x = y", "x + 1 = 2 * y"),
    fc.tuple(tie("tree"), fc.constantFrom("∧", "∨", "→", "↔"), tie("tree")).map((each) => {
      return `(${each.join(" ")})`;
    }),
    tie("tree").map((each) => `¬${each.startsWith("(") ? each : `(${each})`}`),
    tie("tree").map((each) => `(∀ (n : Nat), n = x ∧ ${each})`),
  ),
})).tree;

it("keeps the goals of proof states over a pickle and a new process", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(PROPOSITION, { minLength: 4, maxLength: 8 }), async (goals) => {
      const cwd = temporaryDirectory();
      const statement = (goal: string) =>
        `example (p q r : Prop) (x y : Nat) (h : ${goal}) : ${goal}`;
      const make = goals.map((goal) => ({ cmd: `${statement(goal)} := by sorry` }));
      const keep = goals.map((_, proofState) => ({ pickleTo: `${proofState}.olean`, proofState }));
      const made = (await ask([...make, ...keep], { cwd })).slice(goals.length);
      const load = goals.map((_, at) => ({ unpickleProofStateFrom: `${at}.olean` }));
      const close = goals.map((_, proofState) => ({ tactic: "exact h", proofState }));
      const answers = await ask([...load, ...close], { cwd });
      const goalsOf = (each: { goals: string[] }) => each.goals;
      expect(answers.slice(0, goals.length).map(goalsOf)).toEqual(made.map(goalsOf));
      for (const closed of answers.slice(goals.length))
        expect(closed.proofStatus).toBe("Completed");
      // What is printed is Lean again: it reads back as the same goal.
      const printed = made.map(({ goals: [goal] }) => goal.split("⊢ ")[1]);
      const again = await ask(printed.map((goal) => ({ cmd: `${statement(goal)} := by sorry` })));
      expect(again.map(({ sorries }) => [sorries[0].goal])).toEqual(made.map(goalsOf));
    }),
    { numRuns: 8 },
  );
});

it("dies of SIGSEGV of any byte flipped behind the header's names", async () => {
  const cwd = temporaryDirectory();
  const cmd = "theorem t (p q : Prop) : p ∧ q → q ∧ p := by sorry";
  await ask([{ cmd }, { pickleTo: "p", proofState: 0 }], { cwd });
  const whole = readFileSync(join(cwd, "p"));
  const first = HEADER_BYTES - ADDRESS_BYTES;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: first, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
      async (at, mask) => {
        const bytes = Buffer.from(whole);
        bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
        writeFileSync(join(cwd, "damaged"), bytes);
        const outcome = await converse(requests({ unpickleProofStateFrom: "damaged" }), { cwd });
        expect(outcome).toEqual({ stdout: "", stderr: "", exitCode: null, signal: "SIGSEGV" });
      },
    ),
    {
      numRuns: 20,
      examples: [
        [first, 1],
        [HEADER_BYTES, 1],
        [whole.length - 1, 1],
      ],
    },
  );
});
