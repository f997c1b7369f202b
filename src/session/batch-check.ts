/** Checking a whole batch before any of it is run. */
import { LeanPickleError } from "../errors.ts";
import { canonicalJson } from "../recipe/key.ts";
import type { LeanIdentity, ReplLaunch } from "../repl/connection.ts";
import { checkAddition, nameAt } from "./addition.ts";
import type { BatchItem } from "./batch-item.ts";
import { type Derivation, type DerivedBase, derive } from "./derivation.ts";
import { identifyLean } from "./identity.ts";
import { checkNames } from "./names.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";

/** How many of the lines with problems are told. */
const MAX_TOLD = 10;

/** How a batch is checked. */
export interface BatchCheckOptions {
  replaceName?: boolean | undefined;
  /** Called with each line and its keys, in order. */
  onPlanned?: ((item: BatchItem, derivation: Derivation) => void) | undefined;
}

/** What a line builds on: a state of the cache, or one that an earlier line makes. */
interface PlannedBase extends DerivedBase {
  name: string | null;
  isProofState: boolean;
  sessionId?: number | undefined;
}

/**
 * Checks a batch without starting Lean: that each line makes sense, that what it builds on is there
 * or is made by an earlier line, and that names are free.
 * @returns the names of earlier lines that later lines build on
 * @throws {LeanPickleError} `usage`, with the numbers of the lines
 */
export async function checkBatch(
  launch: ReplLaunch,
  cache: PickleSessionCache,
  items: readonly BatchItem[],
  { replaceName = false, onPlanned }: BatchCheckOptions = {},
): Promise<Set<string>> {
  const identify = identifyOnce();
  const names = new PlannedNames(cache, replaceName);
  const problems: string[] = [];
  for (const item of items) {
    try {
      const base = names.find(item.from);
      const code = await item.readCode();
      const addition = { ...item, base, code };
      checkAddition(addition);
      const derivation = await derive(launch, addition, identify);
      names.add(item, derivation);
      onPlanned?.(item, derivation);
    } catch (error) {
      if (!(error instanceof LeanPickleError)) {
        throw error;
      }
      problems.push(`line ${item.line}: ${error.message}`);
    }
  }
  if (problems.length > 0) {
    throw problemsIn(problems);
  }
  return names.builtOn;
}

/** Asks what Lean is once for each list of imports: for a batch, it is one and the same Lean. */
export function identifyOnce(): typeof identifyLean {
  const asked = new Map<string, Promise<LeanIdentity>>();
  return (launch, imports) => {
    const name = canonicalJson(imports);
    const known = asked.get(name) ?? identifyLean(launch, imports);
    asked.set(name, known);
    return known;
  };
}

/** The error for a batch with lines that cannot be run. */
export function problemsIn(problems: readonly string[]): LeanPickleError {
  const told = problems.slice(0, MAX_TOLD);
  const more = problems.length > told.length ? `\nand ${problems.length - told.length} more` : "";
  return new LeanPickleError("usage", `Nothing of the batch was run:\n${told.join("\n")}${more}`);
}

/** The names that the lines so far will give. */
class PlannedNames {
  /** Those that later lines build on. */
  readonly builtOn = new Set<string>();
  readonly #planned = new Map<string, { isAll: boolean; derivation: Derivation }>();
  readonly #cache: PickleSessionCache;
  readonly #mayReplace: boolean;

  constructor(cache: PickleSessionCache, mayReplace: boolean) {
    this.#cache = cache;
    this.#mayReplace = mayReplace;
  }

  /** What a line builds on. */
  find(from: string | undefined): PlannedBase | undefined {
    if (from === undefined) {
      return undefined;
    }
    const [, stem = from, number = ""] = /^(.*)\.(0|[1-9]\d{0,8})$/.exec(from) ?? [];
    const one = this.#planned.get(from);
    const planned = one && !one.isAll ? one : this.#planned.get(stem);
    if (planned && planned.isAll === (planned !== one)) {
      const { imports, steps, keyAt } = planned.derivation;
      this.builtOn.add(from);
      const isProofState = steps.at(-1)?.kind === "proof-state";
      return { name: from, key: keyAt(Number(number)), imports, isProofState };
    }
    const state = this.#cache.find(from)?.entry;
    if (!state) {
      const message = `There is no state ${from} in the cache, and no earlier line has that name.`;
      throw new LeanPickleError("no-such-state", message);
    }
    return state;
  }

  /** Takes the name of a line. Of `sorry: "all"` it is not known how many there will be. */
  add(item: BatchItem, derivation: Derivation): void {
    const { name } = item;
    if (name === undefined) {
      return;
    }
    if (this.#planned.has(name) && !this.#mayReplace) {
      throw new LeanPickleError("name-taken", `An earlier line has the name ${name} already.`);
    }
    const first = nameAt(item, name, 0) ?? name;
    checkNames(this.#cache.manifest, [{ name: first, key: derivation.keyAt(0) }], this.#mayReplace);
    this.#planned.set(name, { isAll: item.sorry === "all", derivation });
  }
}
