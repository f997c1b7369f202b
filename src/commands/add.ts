import { type Command, InvalidArgumentError } from "commander";
import { LeanPickleError } from "../errors.ts";
import { type Addition, addToCache, checkAddition } from "../session/addition.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import { readSources } from "./input.ts";
import { showMessages } from "./lean-messages.ts";
import { callState, requireState } from "./states.ts";

interface AddOptions {
  code?: string[];
  from?: string;
  sorry?: number | "all";
  tactic?: string[];
  name?: string;
  replace?: boolean;
  allowErrors?: boolean;
}

/** `lean-pickle add`: runs code and tactics, and pickles what they end with. */
export function define(command: Command, host: Host): void {
  command
    .argument("[files...]", "Lean files to run in order; - is standard input")
    .option("-c, --code <code>", "code to run after the files; may be repeated", collect)
    .option("--from <state>", "the state to build on: session id, name or key")
    .option(
      "--sorry <n|all>",
      "keep the proof state at the n-th sorry, from 0, of the last code",
      parseSorry,
    )
    .option("-t, --tactic <tactic>", "a tactic to run on the proof state; may be repeated", collect)
    .option("-n, --name <name>", "a name for the state")
    .option("--replace", "take the name from the state that has it")
    .option("--allow-errors", "keep the state even where Lean found errors")
    .addHelpText(
      "after",
      examples(
        "lean-pickle add -c 'import Mathlib' -n mathlib",
        "lean-pickle add Basic.lean --from mathlib --sorry 0 -n goal",
        "lean-pickle add --from goal -t 'apply And.intro' -t 'exact hp'",
      ),
    )
    .action(action(host, add));
}

async function add(context: Context, files: string[], options: AddOptions): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const addition: Addition = {
    base: options.from === undefined ? undefined : requireState(cache, options.from).entry,
    code: await readSources(files, options.code ?? [], context.signal),
    sorry: options.sorry,
    tactics: options.tactic ?? [],
    allowErrors: options.allowErrors,
  };
  checkAddition(addition);
  if (addition.code.some(({ source, text }) => source === "<stdin>" && text.trim() === "")) {
    output.warn("Standard input was empty.");
  }
  checkNames(cache, options);
  const launch = await context.findRepl();
  const { states, messages, sorries } = await output.withProgress((progress) =>
    addToCache(launch, cache, addition, {
      ...context.serverOptions,
      name: options.name,
      replaceName: options.replace,
      onStep: (what) => progress.step(what),
    }),
  );
  if (output.json) {
    const documents = states.map((state) => ({ ...state, cached: false, messages, sorries }));
    output.jsonData(options.sorry === "all" ? documents : documents[0]);
  } else {
    showMessages(output, messages);
    output.data(states.map(({ sessionId }) => sessionId).join("\n"));
  }
  for (const state of states.filter(({ proofStatus }) => proofStatus?.startsWith("Error"))) {
    output.warn(`Lean does not accept the proof of ${callState(state)}: ${state.proofStatus}`);
  }
  return "done";
}

/** A name that cannot be given is an error before Lean is started. */
function checkNames(cache: PickleSessionCache, { name, sorry, replace }: AddOptions): void {
  if (name !== undefined) {
    // How many there will be is not known yet, but whose names they may not have is.
    const numbered = [...cache]
      .map(({ entry }) => entry.name)
      .filter((each) => isNumbered(each, name));
    cache.checkNames(sorry === "all" ? [`${name}.0`, ...numbered] : [name], replace);
  } else if (replace) {
    throw new LeanPickleError("usage", "--replace takes a name from a state: give it with -n.");
  }
}

/** Whether a name is one that `--sorry all` gives: `NAME.0`, `NAME.1`, ... */
function isNumbered(each: string | null, name: string): boolean {
  return each?.startsWith(`${name}.`) === true && /^\d+$/.test(each.slice(name.length + 1));
}

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

function parseSorry(text: string): number | "all" {
  if (text === "all") {
    return text;
  }
  if (!/^\d{1,9}$/.test(text)) {
    throw new InvalidArgumentError('A number from 0, or "all", is needed.');
  }
  return Number(text);
}
