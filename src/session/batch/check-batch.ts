/** Checking a whole batch before any of it is run. */
import { LeanPickleError } from "../../errors.ts";
import { canonicalJson } from "../../recipe/key.ts";
import type { LeanIdentity, ReplLaunch } from "../../repl/connection.ts";
import { checkAddition } from "../add/addition.ts";
import { findHits, wantedNames } from "../add/hits.ts";
import { type AdditionPlan, type PlanBase, planAddition } from "../add/plan-addition.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { identifyLean } from "../state/lean-inputs.ts";
import { checkNames, findSimilar } from "../state/names.ts";
import type { BadLine, BatchItem } from "./batch-item.ts";
import { LineNames } from "./line-names.ts";

/** How many problems are listed. */
const MAX_TOLD = 10;

/** How a batch is checked. */
export interface BatchCheckOptions {
  replaceName?: boolean | undefined;
  /** Where the lines are from, for messages. */
  file?: string | undefined;
  /** Lines that could not be parsed: they are reported together with the others. */
  bad?: readonly BadLine[] | undefined;
  /** Called with each line and its keys, in order. */
  onPlanned?: ((item: BatchItem, plan: AdditionPlan) => void) | undefined;
}

/** What a line builds on: a state of the cache, or one that an earlier line makes. */
interface PlannedBase extends PlanBase {
  name: string | null;
  sessionId?: number | undefined;
}

/**
 * Checks a batch without starting Lean: that each line makes sense, that what it builds on is there
 * or is made by an earlier line, and that names are free.
 * @returns the names of the lines that later lines build on
 * @throws {LeanPickleError} `usage`, with the numbers of the lines
 */
export async function checkBatch(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  items: readonly BatchItem[],
  { replaceName = false, file = "the batch", bad = [], onPlanned }: BatchCheckOptions = {},
): Promise<Set<string>> {
  const identify = identifyRarely();
  const names = new PlannedNames(cache, replaceName, bad);
  const found: BadLine[] = [];
  for (const item of items) {
    if (names.isInDoubt(item.from)) {
      // Only what is wrong with the line that it builds on is worth a word.
      names.addBad(item);
      continue;
    }
    try {
      const addition = { ...item, base: names.find(item.from), code: await item.readCode() };
      checkAddition(addition);
      const plan = await planAddition(launch, addition, identify);
      names.add(item, plan);
      onPlanned?.(item, plan);
    } catch (error) {
      if (!(error instanceof LeanPickleError)) {
        throw error;
      }
      names.addBad(item);
      found.push({ line: item.line ?? 0, problem: error.message });
    }
  }
  const problems = [...bad, ...found];
  if (problems.length > 0) {
    throw problemsIn(file, problems);
  }
  return names.builtOn;
}

/** How long what Lean is counts as known in a batch, in milliseconds. */
const KNOWN_MS = 500;

/** Asks what Lean is for each list of imports, and again where some time has passed since. */
export function identifyRarely(): typeof identifyLean {
  const asked = new Map<string, { at: number; identity: Promise<LeanIdentity> }>();
  return (launch, imports) => {
    const name = canonicalJson(imports);
    const known = asked.get(name);
    const now = performance.now();
    if (known && now - known.at < KNOWN_MS) {
      return known.identity;
    }
    const identity = identifyLean(launch, imports);
    asked.set(name, { at: now, identity });
    return identity;
  };
}

function problemsIn(file: string, problems: readonly BadLine[]): LeanPickleError {
  const inOrder = [...problems].sort((a, b) => a.line - b.line);
  const told = inOrder.slice(0, MAX_TOLD).map(({ line, problem }) => `line ${line}: ${problem}`);
  const more = problems.length > told.length ? `\nand ${problems.length - told.length} more` : "";
  return new LeanPickleError("usage", `Nothing of ${file} was run:\n${told.join("\n")}${more}`);
}

/** The names that the lines so far will give. */
class PlannedNames {
  /** What those lines are called that later lines build on. */
  readonly builtOn = new Set<string>();
  /** Without a plan: a line that cannot be run. */
  readonly #lines = new LineNames<{ plan?: AdditionPlan }>();
  readonly #cache: PickleSessionCache;
  readonly #mayReplace: boolean;

  constructor(cache: PickleSessionCache, mayReplace: boolean, bad: readonly BadLine[]) {
    this.#cache = cache;
    this.#mayReplace = mayReplace;
    for (const line of bad) {
      this.addBad(line);
    }
  }

  /** Whether a line that cannot be run should make what a line builds on. */
  isInDoubt(from: string | undefined): boolean {
    const planned = from === undefined ? undefined : this.#lines.find(from);
    return planned !== undefined && planned.value.plan === undefined;
  }

  /** What a line builds on. */
  find(from: string | undefined): PlannedBase | undefined {
    if (from === undefined) {
      return undefined;
    }
    const { value, called = "", index = 0 } = this.#lines.find(from) ?? {};
    if (value?.plan) {
      const { imports, steps, keyAt } = value.plan;
      this.builtOn.add(called);
      const isProofState = steps.at(-1)?.kind === "proof-state";
      return { name: from, key: keyAt(index), imports, isProofState };
    }
    const state = this.#cache.find(from)?.entry;
    if (!state) {
      const similar = findSimilar(this.#cache.manifest.states, from);
      const suggestion = similar === undefined ? "" : ` Did you mean ${similar}?`;
      const message = `There is no state ${from} in the cache, and no earlier line has that name.`;
      throw new LeanPickleError("no-such-state", message + suggestion);
    }
    return state;
  }

  /** Takes the name of a line, which only lines that make the same state may share. */
  add(item: BatchItem, plan: AdditionPlan): void {
    if (item.name === undefined) {
      return;
    }
    const rivals = this.#lines.rivals(item);
    if (!this.#mayReplace && rivals.some(({ plan: of }) => of && of.key !== plan.key)) {
      const message = `An earlier line has the name ${item.name} already, or one of its numbered ones.`;
      throw new LeanPickleError("name-taken", message);
    }
    const hits = findHits(this.#cache, plan);
    const wanted = wantedNames(this.#cache, item, plan, item.name, hits);
    checkNames(this.#cache.manifest, wanted, this.#mayReplace);
    this.#lines.give(item, { plan });
  }

  /** Takes the name of a line that cannot be run. */
  addBad(line: Pick<BadLine, "name" | "sorry">): void {
    this.#lines.give(line, {});
  }
}
