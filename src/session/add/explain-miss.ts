/** Why an addition is not in the cache: the nearest state that is there, and what differs. */
import { canonicalJson } from "../../recipe/key.ts";
import type { PlannedStep } from "../../recipe/plan.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { isPickleThere } from "../../store/pickles/pickle-presence.ts";
import type { PickleSessionCache } from "../pickle-session-cache.ts";
import {
  differingNames,
  findNearest,
  type Link,
  linksTo,
  type Near,
  sharedStart,
  textIn,
} from "./nearest.ts";
import type { Derivation } from "./plan-addition.ts";

/** Why nothing was a hit. */
export interface MissExplanation {
  /** The state that comes nearest; null where none has anything in common. */
  nearest: ManifestState | null;
  /** What differs from it, or what keeps anything from being a hit, in clauses. */
  reasons: string[];
}

/** What the inputs of a key are called. */
const INPUTS: Record<string, string> = {
  toolchain: "the toolchain",
  repl: "the REPL",
  project: "the project",
  imports: "what is imported",
};

/** Says why {@link findHits} found nothing for a derivation. */
export function explainMiss(cache: PickleSessionCache, derivation: Derivation): MissExplanation {
  const { base, keys, steps, inputs } = derivation;
  const unknown = derivation.unknown.map((clause) => `not known: ${clause}`);
  const before = linksTo(cache.manifest, base);
  const own = steps.map(({ step }, at): Link => ({ key: keys[at] ?? "", step, inputs }));
  const wanted = [...before, ...own];
  const near = findNearest(cache.manifest, wanted);
  if (!near) {
    return { nearest: null, reasons: [...unknown, "no state of the cache has a step in common"] };
  }
  const { state, chain, common } = near;
  const isSame = common === wanted.length && chain.length === wanted.length;
  const reasons = isSame
    ? reasonsBesideSteps(cache, derivation, near, wanted)
    : [differingStep(chain[common], wanted[common], common)];
  return { nearest: state, reasons: [...unknown, ...reasons] };
}

/** What keeps a state from being a hit that was made by the same steps. */
function reasonsBesideSteps(
  cache: PickleSessionCache,
  derivation: Derivation,
  { state, chain }: Near,
  wanted: readonly Link[],
): string[] {
  const { steps, asked } = derivation;
  const inputs = chain.flatMap((link, at) => differingInputs(link, wanted[at]));
  if (inputs.length > 0) {
    return [...new Set(inputs)];
  }
  const own = chain.slice(chain.length - steps.length);
  const takesSorry = steps.some(({ step }) => "sorry" in step);
  const sorries = own.findLast(({ step }) => step && "cmd" in step)?.sorries;
  const isSaid = asked.sorry === "all" ? (sorries ?? 0) > 0 : asked.sorry !== undefined;
  if (takesSorry && !isSaid && sorries !== 1) {
    return [`its code has ${sorries ?? "an unknown number of"} sorries (--sorry)`];
  }
  if (asked.sorry !== "all") {
    return reasonsOf(cache, derivation, state);
  }
  return Array.from({ length: sorries ?? 0 }, (_, at) => {
    const key = derivation.keyAt(at);
    const there = cache.manifest.states.find((state) => state.key === key);
    const reasons = there ? reasonsOf(cache, derivation, there) : ["there is no state"];
    return reasons.map((reason) => `at sorry ${at}, ${reason}`);
  }).flat();
}

/** What keeps the state with the wanted key from being a hit. */
function reasonsOf(
  { manifest, workingDir }: PickleSessionCache,
  { asked, steps }: Derivation,
  state: ManifestState,
): string[] {
  const own = linksTo(manifest, state.key).slice(-steps.length);
  const hasErrors = own.some((link) => link.hasErrors);
  return [
    ...(isPickleThere(workingDir, state) ? [] : ["its pickle is missing or has another size"]),
    ...(hasErrors && !asked.allowErrors ? ["Lean found errors in it (--allow-errors)"] : []),
  ];
}

function differingInputs({ inputs: then = {} }: Link, wanted: Link | undefined): string[] {
  const now = wanted?.inputs ?? {};
  const names = differingNames(then, now);
  if (names.length > 0 && "unknown" in then) {
    return ["something about Lean was not known when it was added"];
  }
  if (names.length > 0 && "unknown" in now) {
    return ["something about Lean was not known when what it is built on was added"];
  }
  return names.flatMap((name) => differingInput(INPUTS[name] ?? name, then[name], now[name]));
}

function differingInput(what: string, then: unknown, now: unknown): string[] {
  if (isRecord(then) && isRecord(now)) {
    return differingNames(then, now).map(
      (part) => `${what} differs in ${part}: ${told(then[part])} then, ${told(now[part])} now`,
    );
  }
  return [`${what} differs: ${told(then)} then, ${told(now)} now`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value of an input, short: of a digest its beginning. */
function told(value: unknown): string {
  if (value === null || value === undefined) {
    return "none";
  }
  const text = typeof value === "string" ? value : canonicalJson(value);
  return /^[0-9a-f]{16,}$/.test(text) ? text.slice(0, 12) : text;
}

/** Where two chains part, in a clause. */
function differingStep(there: Link | undefined, wanted: Link | undefined, at: number): string {
  const number = at + 1;
  if (!wanted) {
    return `it has more steps than the ${at} that are wanted`;
  }
  if (!there) {
    return `it ends before step ${number}, ${describe(wanted.step)}`;
  }
  const [a, b] = [textIn(there.step), textIn(wanted.step)];
  if (a === undefined || b === undefined || describe(there.step) !== describe(wanted.step)) {
    return `step ${number} is ${describe(there.step)} there, and ${describe(wanted.step)} here`;
  }
  const same = sharedStart(a, b);
  const lines = a.slice(0, same).split("\n");
  // In characters, as Lean counts columns.
  const place = `line ${lines.length}, column ${[...(lines.at(-1) ?? "")].length}`;
  const [was, is] = [a, b].map((text) =>
    JSON.stringify([...text.slice(same)].slice(0, 20).join("")),
  );
  return `step ${number}, ${describe(wanted.step)}, differs at ${place}: ${was} there, ${is} here`;
}

function describe(step: PlannedStep | undefined): string {
  if (!step) {
    return "a state of which it is not known how it was made";
  }
  if ("sorry" in step) {
    return step.sorry === "all" ? "the proof states at all sorries" : `sorry ${step.sorry}`;
  }
  return "cmd" in step ? "code" : "a tactic";
}
