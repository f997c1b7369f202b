/** What an addition will lead to, as far as that is known without Lean: keys, and who has them. */
import { parseImports } from "../../recipe/import-header.ts";
import type { KeyInputs } from "../../recipe/key.ts";
import { keysOfSteps, planSteps, type StepTo } from "../../recipe/plan.ts";
import type { ReplLaunch } from "../../repl/connection.ts";
import { type ManifestState, walkBack } from "../../store/manifest/schema.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import { identifyLean } from "../state/lean-inputs.ts";
import type { Addition } from "./addition.ts";

/** The keys that an addition leads to. */
export interface Derivation {
  /** The key of the state that it ends with; with `sorry: "all"`, one that stands for all of them. */
  key: string;
  base: string | null;
  /** The modules that it stands on; null where that is not known. */
  imports: string[] | null;
  steps: StepTo[];
  /** The key of each step; where a state is known to be there only by its key, that is where. */
  keys: string[];
  inputs: KeyInputs;
  /** What decides, beside the key, whether a state is a hit. */
  asked: Pick<Addition, "sorry" | "allowErrors">;
  /** What is not known of Lean, in clauses: where there is any, no state counts as a hit. */
  unknown: string[];
  /** The key of the state at the N-th sorry with `sorry: "all"`; else that of the only state. */
  keyAt(index: number): string;
}

/** What a derivation needs to know of the base: a state, or one that is still to be made. */
export type DerivedBase = Pick<ManifestState, "key" | "imports">;

/** Derives the keys of an addition from what is asked for and from the files, without Lean. */
export async function derive(
  launch: ReplLaunch,
  {
    base,
    code,
    sorry,
    tactics,
    allowErrors,
  }: Omit<Addition, "base"> & { base?: DerivedBase | undefined },
  identify = identifyLean,
): Promise<Derivation> {
  const imports = base ? base.imports : parseImports(code[0]?.text ?? "");
  const { inputs, unknown } = await identify(launch, imports);
  const baseKey = base?.key ?? null;
  const plan = { code: code.map(({ text }) => text), tactics };
  const steps = planSteps({ ...plan, sorry });
  const keys = keysOfSteps(baseKey, steps, inputs);
  const key = keys.at(-1) ?? "";
  const keyAt = (index: number): string =>
    sorry === "all"
      ? (keysOfSteps(baseKey, planSteps({ ...plan, sorry: index }), inputs).at(-1) ?? "")
      : key;
  const asked = { sorry, allowErrors };
  return { key, base: baseKey, imports, steps, keys, inputs, asked, unknown, keyAt };
}

/**
 * The states of the cache that an addition leads to, with their whole pickles. Undefined where one
 * is missing, where something is not known, and where Lean would have refused what is asked for:
 * a hit must not be kinder than Lean.
 */
export function findHits(
  cache: PickleSessionCache,
  derivation: Derivation,
): ManifestState[] | undefined {
  const { steps, unknown } = derivation;
  const { sorry, allowErrors = false } = derivation.asked;
  if (unknown.length > 0) {
    return undefined;
  }
  const { recipes } = cache.manifest;
  const lastCode = steps.findLastIndex(({ step }) => "cmd" in step);
  const told = recipes[derivation.keys[lastCode] ?? ""]?.sorries;
  const takesSorry = steps.some(({ step }) => "sorry" in step);
  if (takesSorry && sorry === undefined && told !== 1) {
    return undefined;
  }
  const count = sorry === "all" ? (told ?? 0) : 1;
  const states: ManifestState[] = [];
  for (let index = 0; index < count; index++) {
    const state = cache.lookUp(derivation.keyAt(index))?.entry;
    if (!state || (!allowErrors && hadErrors(cache, state.key, derivation.base))) {
      return undefined;
    }
    states.push(state);
  }
  return states.length > 0 ? states : undefined;
}

/** Whether Lean found errors in a step that leads from one key to another. */
function hadErrors({ manifest }: PickleSessionCache, key: string, base: string | null): boolean {
  for (const [at, entry] of walkBack(manifest.recipes, key)) {
    if (at === base) {
      break;
    }
    if (entry.hasErrors) {
      return true;
    }
  }
  return false;
}
