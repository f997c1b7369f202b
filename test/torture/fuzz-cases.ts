/** What the program is given that somebody may have made to break it: manifests, pickles, command lines. */
import fc from "fast-check";
import { hostileText, mutatedManifest } from "./mutated-manifests.ts";

/** What is done to the place where the program is run, and what is run there. */
export interface FuzzCase {
  kind: "manifest" | "pickle" | "command-line";
  /** Of `manifest`: what takes its place. */
  manifest?: string | Replacement;
  /** Of `pickle`: what is done to that of the first state. */
  pickle?: PickleChange | Replacement;
  argv: string[];
  stdin: string;
}

/** What stands in the place of a file. */
export type Replacement = { put: (typeof REPLACEMENTS)[number] };

const REPLACEMENTS = [
  "nothing",
  "empty",
  "folder",
  "pipe",
  "link-to-file-outside",
  "link-to-folder-outside",
  "link-to-nothing",
  "link-to-itself",
  "link-to-endless",
  "hard-link-outside",
] as const;

/** How a pickle is changed; `at` is a part of its length. */
export type PickleChange =
  | { flipBit: number; at: number }
  | { cutAt: number }
  | { append: string }
  | { mode: number };

/** Commands on states that are there, or were. */
const COMMANDS_ON_STATES = [
  ["ls"],
  ["ls", "--json"],
  ["ls", "--tree"],
  ["ls", "-q", "--sort", "age"],
  ["ls", "--kind", "proof-state"],
  ["show", "base"],
  ["show", "goal"],
  ["show", "-2", "--json"],
  ["show", "base", "--path"],
  ["key", "-c", "def f := 42"],
  ["key", "--from", "base", "-c", "def g := 1", "--explain"],
  ["key", "-c", "def f := 43", "--explain", "--json"],
  ["add", "-c", "def f := 42"],
  ["add", "-c", "def f := 42", "-n", "other"],
  ["add", "-c", "def f := 42", "-n", "goal", "--replace"],
  ["add", "--no-run", "-c", "def g := 1"],
  ["rm", "base"],
  ["rm", "-f", "-1", "-2", "-9"],
  ["clear", "--yes"],
  ["clear", "--dry-run", "--json"],
  ["verify"],
  ["verify", "--json"],
  ["verify", "--repair"],
  ["prune", "--yes"],
  ["prune", "--damaged", "--yes"],
  ["prune", "--max-size", "1B", "--dry-run"],
];

/** Those that start Lean, which takes several times as long. */
const COMMANDS_WITH_LEAN = [
  ["reload"],
  ["reload", "--json"],
  ["reload", "--repair"],
  ["reload", "--trust", "--repair", "--json"],
  ["ls", "--check"],
  ["run", "base", "-c", "#check f"],
  ["run", "goal", "-t", "skip"],
  ["add", "--from", "base", "-c", "def g := 1"],
  ["add", "--from", "goal", "-t", "apply And.intro"],
  ["add", "-c", "def g := 1", "--force"],
];

const withoutLean = fc.constantFrom(...COMMANDS_ON_STATES);
const withLean = fc.constantFrom(...COMMANDS_WITH_LEAN);

const replacement = fc.constantFrom(...REPLACEMENTS).map((put): Replacement => ({ put }));

function manifestCase(base: string): fc.Arbitrary<FuzzCase> {
  return fc.record({
    kind: fc.constant("manifest" as const),
    manifest: fc.oneof(
      { weight: 9, arbitrary: mutatedManifest(base) },
      { weight: 1, arbitrary: replacement },
    ),
    argv: fc.oneof({ weight: 4, arbitrary: withoutLean }, { weight: 1, arbitrary: withLean }),
    stdin: fc.constant(""),
  });
}

const part = fc.nat(999_999).map((millionths) => millionths / 1_000_000);

const pickleCase: fc.Arbitrary<FuzzCase> = fc.record({
  kind: fc.constant("pickle" as const),
  pickle: fc.oneof(
    {
      weight: 3,
      arbitrary: fc.oneof<fc.MaybeWeightedArbitrary<PickleChange>[]>(
        { weight: 3, arbitrary: fc.record({ flipBit: fc.nat(7), at: part }) },
        { weight: 1, arbitrary: fc.record({ cutAt: part }) },
        { weight: 1, arbitrary: fc.record({ append: fc.string({ minLength: 1 }) }) },
        { weight: 1, arbitrary: fc.record({ mode: fc.nat(0o777) }) },
      ),
    },
    { weight: 1, arbitrary: replacement },
  ),
  argv: fc.oneof({ weight: 1, arbitrary: withoutLean }, { weight: 2, arbitrary: withLean }),
  stdin: fc.constant(""),
});

/** Paths of what is there, of what is not, and of what is no file; none leads outside. */
const PATHS = [
  "a.lean",
  "batch.jsonl",
  "none",
  "",
  ".",
  "session_cache",
  "lean-pickle.json",
  "ä ü",
];

/** What each command takes besides what every command takes; `=` stands behind what has a value. */
const COMMANDS = new Map(
  Object.entries({
    add: "-c= -t= -n= --from= --sorry= --batch= --replace --allow-errors --force --no-run --explain -",
    key: "-c= -t= -n= --from= --sorry= --batch= --replace --allow-errors --explain -",
    rm: "-f --force",
    ls: "--kind= --sort= --tree --check",
    reload: "-j= --timeout-per-state= --repair",
    clear: "--yes --dry-run",
    show: "--path",
    run: "-c= -t= --allow-errors -",
    verify: "--repair",
    prune: "--damaged --older-than= --max-size= --toolchain= --yes --dry-run",
    // Not `setup` and `doctor`, which are to work outside of the folder, and in the network.
    help: "",
  }),
);

const EVERYWHERE =
  "-d= --repl= --project= --lake= --timeout= --lock-timeout= --memory-limit= --json -q -v --no-color --no-progress --trust --help --version --";

const TAKES_PATH = new Set(["-d=", "--repl=", "--project=", "--lake=", "--batch="]);

/** What an argument of a command line can hold: all but NUL. */
const argument = fc.oneof(
  hostileText.map((text) => text.replaceAll("\0", "")),
  fc.constantFrom("base", "goal", "-1", "-2", "0", "all", "def f := 42", "5GB", "30d", "id", "1"),
);

const path = fc.constantFrom(...PATHS);

/** An option, with a value where it has one. */
function optionOf(options: string): fc.Arbitrary<string[]> {
  return fc.constantFrom(...options.split(" ")).chain((option) => {
    const value = TAKES_PATH.has(option) ? path : argument;
    const word = option.replace("=", "");
    return option.endsWith("=") ? value.map((each) => [word, each]) : fc.constant([word]);
  });
}

/** What stands behind a command: mostly what it takes. */
function wordsOf(command: string): fc.Arbitrary<string[]> {
  const own = COMMANDS.get(command) || "--json";
  const state = fc.constantFrom(["base"], ["goal"], ["-1"], ["-3"]);
  return fc
    .array(
      fc.oneof(
        { weight: 8, arbitrary: optionOf(own) },
        { weight: 3, arbitrary: optionOf(EVERYWHERE) },
        { weight: 3, arbitrary: state },
        { weight: 2, arbitrary: argument.map((each) => [each]) },
        { weight: 1, arbitrary: path.map((each) => [each]) },
      ),
      { maxLength: 4 },
    )
    .map((words) => words.flat());
}

const commandLine = fc
  .oneof(
    { weight: 20, arbitrary: fc.constantFrom(...COMMANDS.keys()) },
    { weight: 1, arbitrary: argument },
  )
  .chain((command) =>
    fc
      .tuple(
        fc.oneof(
          { weight: 4, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: optionOf(EVERYWHERE) },
        ),
        wordsOf(command),
      )
      .map(([before, after]) => [...before, command, ...after]),
  );

const commandLineCase: fc.Arbitrary<FuzzCase> = fc.record({
  kind: fc.constant("command-line" as const),
  argv: commandLine,
  stdin: fc.oneof(hostileText, fc.constant('{"cmd":"def z := 1"}\n{"from":')),
});

/**
 * Cases of all kinds, the same for the same seed.
 * @param manifest a good one, of which others are made
 */
export function fuzzCases(count: number, seed: number, manifest: string): FuzzCase[] {
  const any = fc.oneof(
    { weight: 2, arbitrary: manifestCase(manifest) },
    { weight: 1, arbitrary: pickleCase },
    { weight: 2, arbitrary: commandLineCase },
  );
  return fc.sample(any, { numRuns: count, seed });
}
