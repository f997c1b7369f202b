/** What can stand at the cursor of a command line, by what the commands say of themselves. */
import { type Argument, type Command, Help, type Option } from "commander";
import { readManifest } from "../../store/manifest/read-manifest.ts";

/** A word that fits, and what it is, in a few words. */
interface Candidate {
  word: string;
  description: string;
}

/** What can stand there: words, or what the shell knows best. */
export interface Candidates {
  kind: "words" | "files" | "folders";
  words: Candidate[];
}

const NOTHING: Candidates = { kind: "words", words: [] };

/**
 * What fits the word at the cursor.
 * @param before the words between the name of the program and the cursor's
 * @param current the word at the cursor, up to there
 */
export function findCandidates(
  program: Command,
  before: readonly string[],
  current: string,
): Candidates {
  const line = new Line(program);
  before.forEach((word) => {
    line.take(word);
  });
  if (line.waiting) {
    return fitting(line.valuesOf(line.waiting), current);
  }
  const [, flag = "", typed] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  const named = line.isOptionsEnd ? undefined : line.find(flag);
  if (named && typed !== undefined) {
    const { kind, words } = fitting(line.valuesOf(named), typed);
    return { kind, words: words.map((each) => ({ ...each, word: `${flag}=${each.word}` })) };
  }
  const atPlace = line.valuesAtPlace();
  if (!current.startsWith("-") || line.isOptionsEnd) {
    return fitting(atPlace, current);
  }
  return fitting({ kind: "words", words: [...atPlace.words, ...line.options()] }, current);
}

function fitting({ kind, words }: Candidates, current: string): Candidates {
  return { kind, words: words.filter(({ word }) => word.startsWith(current)) };
}

/** A command line that is read word by word, as commander would read it. */
class Line {
  #command: Command;
  /** How many arguments stand there. */
  #place = 0;
  #workingDir: string | undefined;
  /** The option whose value comes next. */
  waiting: Option | undefined;
  /** Whether `--` stands there: all that comes is an argument. */
  isOptionsEnd = false;

  constructor(program: Command) {
    this.#command = program;
  }

  take(word: string): void {
    if (this.waiting) {
      this.#takeValue(this.waiting, word);
      this.waiting = undefined;
    } else if (this.isOptionsEnd) {
      this.#place++;
    } else if (word === "--") {
      this.isOptionsEnd = true;
    } else if (!this.#takeOption(word)) {
      this.#takeArgument(word);
    }
  }

  /** @returns false if the word is no option: it may be a session id */
  #takeOption(word: string): boolean {
    const [, flag = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const option = this.find(flag);
    if (option) {
      if (value !== undefined) {
        this.#takeValue(option, value);
      } else if (takesValue(option)) {
        this.waiting = option;
      }
      return true;
    }
    // `-qd DIR`, `-dDIR`
    const short = /^-[a-zA-Z]/.test(word) ? this.find(word.slice(0, 2)) : undefined;
    if (!short) {
      return false;
    }
    if (takesValue(short)) {
      this.#takeValue(short, word.slice(2));
      return true;
    }
    return this.#takeOption(`-${word.slice(2)}`);
  }

  #takeArgument(word: string): void {
    const command = this.#command.commands.find((each) => each.name() === word);
    if (command) {
      this.#command = command;
      this.#place = 0;
    } else {
      this.#place++;
    }
  }

  #takeValue(option: Option, value: string): void {
    if (option.attributeName() === "workingDir") {
      this.#workingDir = value;
    }
  }

  find(flag: string): Option | undefined {
    return this.#allOptions().find(
      ({ short, long }) => flag !== "" && (flag === short || flag === long),
    );
  }

  /** The options that can stand there: the long name of each, unless it has none. */
  options(): Candidate[] {
    return this.#allOptions().map(({ short, long, description }) => ({
      word: long ?? short ?? "",
      description,
    }));
  }

  #allOptions(): Option[] {
    return new Help().visibleOptions(this.#command);
  }

  /** What an option takes, by its choices or by the word for its value in the help. */
  valuesOf({ argChoices, flags }: Option): Candidates {
    const [, what = ""] = /[<[]([^>\]]+)[>\]]/.exec(flags) ?? [];
    return this.#valuesOf(what, argChoices);
  }

  /** What can stand there as an argument. */
  valuesAtPlace(): Candidates {
    const { commands, registeredArguments } = this.#command;
    if (commands.length > 0) {
      const words = commands.map((each) => ({
        word: each.name(),
        description: each.description(),
      }));
      return { kind: "words", words };
    }
    const last: Argument | undefined = registeredArguments.at(-1);
    const argument = registeredArguments[this.#place] ?? (last?.variadic ? last : undefined);
    return argument ? this.#valuesOf(argument.name(), argument.argChoices) : NOTHING;
  }

  #valuesOf(what: string, choices: readonly string[] | undefined): Candidates {
    if (choices) {
      return { kind: "words", words: choices.map((word) => ({ word, description: "" })) };
    }
    switch (what) {
      case "state":
      case "states":
        return { kind: "words", words: statesIn(this.#workingDir) };
      case "path":
      case "file":
      case "files":
        return { kind: "files", words: [] };
      case "dir":
        return { kind: "folders", words: [] };
      case "n|all":
        return { kind: "words", words: [{ word: "all", description: "one state for each sorry" }] };
      default:
        return NOTHING;
    }
  }
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** The names and the session ids of the states; none of a cache that cannot be read. */
function statesIn(typedFolder: string | undefined): Candidate[] {
  const { HOME = "~", LEAN_PICKLE_DIR } = process.env;
  const workingDir = typedFolder?.replace(/^~(?=\/|$)/, HOME) ?? LEAN_PICKLE_DIR ?? ".";
  try {
    const { states } = readManifest(workingDir);
    const kindOf = (isProofState: boolean) => (isProofState ? "proof state" : "environment");
    return [
      ...states.flatMap(({ name, sessionId, isProofState }) =>
        name === null ? [] : [{ word: name, description: `${kindOf(isProofState)} ${sessionId}` }],
      ),
      ...states.map(({ name, sessionId, isProofState }) => ({
        word: String(sessionId),
        description: name ?? kindOf(isProofState),
      })),
    ];
  } catch {
    return [];
  }
}
