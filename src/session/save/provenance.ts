/** From the ids of a REPL to recipes: the server remembers what made each id. */
import { parseImports } from "../../recipe/import-header.ts";
import type { KeyInputs } from "../../recipe/key.ts";
import { keySteps, type StepTo } from "../../recipe/plan.ts";
import type { RecipeStep } from "../../recipe/steps.ts";
import type { ReplConnection } from "../../repl/connection.ts";
import type { Making, ReplId } from "../../repl/id-history.ts";
import type { CommandRequest, ReplRequest } from "../../repl/protocol.ts";
import type { RecipeEntry } from "../../store/manifest/schema.ts";
import type { StateOrigin } from "../state/origin.ts";

/** A step that was taken, and what Lean reported of it. */
interface StepTaken extends StepTo<RecipeStep> {
  elapsedMs?: number | undefined;
  sorries?: number | undefined;
  hasErrors?: boolean | undefined;
}

/** How a state was made. */
export interface Provenance {
  /** The state that it was built on; null for nothing. */
  base: StateOrigin | null;
  /** The steps from the base, in order; empty for the base itself. */
  steps: StepTaken[];
  /** The modules that its code imports; null if they are not known. */
  imports: string[] | null;
}

/** The fields of code and tactics that are part of the step, or do not change what it makes. */
const KNOWN_FIELDS = new Set([
  "cmd",
  "env",
  "tactic",
  "proofState",
  "allTactics",
  "rootGoals",
  "infotree",
]);

/**
 * How the state with an id in the REPL was made, from nothing or from a state of the cache.
 * Undefined if a step is not known: somebody else unpickled it, the request had unknown fields, or
 * the REPL read a file that may have changed since.
 * @param findBase the state of the cache that is loaded under this id
 */
export function findProvenance(
  server: ReplConnection,
  of: ReplId,
  findBase: (id: ReplId) => StateOrigin | undefined,
): Provenance | undefined {
  const steps: Provenance["steps"] = [];
  for (let at = of; ; ) {
    const known = findBase(at);
    if (known) {
      return { base: known, steps, imports: known.imports };
    }
    const making = server.madeBy(at);
    const done = making && stepOf(making);
    if (!making || making.by === "unpickling" || done === undefined) {
      return undefined;
    }
    if (done.step) {
      const kind = at.kind === "env" ? "environment" : "proof-state";
      steps.unshift({ kind, step: done.step, ...outcomeOf(making) });
    }
    if (making.base === null) {
      return { base: null, steps, imports: parseImports(codeOf(making) ?? "") };
    }
    at = making.base;
  }
}

/**
 * The origin of a state with this provenance.
 * @param inputs what Lean was when the steps were run
 */
export function originFrom({ base, steps, imports }: Provenance, inputs: KeyInputs): StateOrigin {
  if (base && steps.length === 0) {
    return base;
  }
  const keyed = keySteps(base?.key ?? null, steps, inputs);
  const entries = keyed.map(({ key }, at): [string, RecipeEntry] => {
    const { step, ...outcome } = steps[at] as StepTaken;
    const { kind: _, ...told } = outcome;
    const before = at === 0 ? (base?.key ?? null) : (keyed[at - 1]?.key ?? null);
    return [key, { base: before, step, inputs, ...told }];
  });
  return {
    key: keyed.at(-1)?.key ?? "",
    imports,
    inputs,
    recipes: { steps: Object.fromEntries(entries), before: base?.recipes },
    elapsedMs: steps.reduce((sum, each) => sum + (each.elapsedMs ?? 0), 0),
    ...(base?.lacks !== undefined && { lacks: base.lacks }),
  };
}

function outcomeOf(making: Making): Omit<StepTaken, "kind" | "step"> {
  if (making.by !== "command" && making.by !== "tactic") {
    return {};
  }
  const { sorries, hasErrors } = making;
  return {
    elapsedMs: Math.round(making.elapsedMs),
    ...(sorries !== undefined && { sorries }),
    ...(hasErrors === true && { hasErrors }),
  };
}

/** The step that made an id; null for a copy, undefined if it is not known. */
function stepOf(making: Making): { step: RecipeStep | null } | undefined {
  switch (making.by) {
    case "copy":
      return { step: null };
    case "sorry":
      return { step: { sorry: making.index } };
    case "tactic":
      return isUnderstood(making.request) ? { step: { tactic: making.tactic } } : undefined;
    case "command": {
      const cmd = codeOf(making);
      return cmd === undefined ? undefined : { step: { cmd } };
    }
    default:
      return undefined;
  }
}

/**
 * The code of a command; undefined for unknown fields, and for a file, since only the REPL knows
 * what it read.
 */
function codeOf(making: Making): string | undefined {
  if (making.by !== "command" || !("cmd" in making.request)) {
    return undefined;
  }
  return isUnderstood(making.request) ? (making.request as CommandRequest).cmd : undefined;
}

/** Whether the meaning of every field of a request is known. */
function isUnderstood(request: ReplRequest): boolean {
  return Object.keys(request).every((field) => KNOWN_FIELDS.has(field));
}
