import { lstatSync } from "node:fs";
import type { Command } from "commander";
import type { Styles } from "../output/styles.ts";
import { formatAge, formatBytes, formatDuration, plural, printable } from "../output/text.ts";
import type { RecipeStep } from "../recipe/steps.ts";
import type { PickleSessionCache } from "../session/pickle-session-cache.ts";
import type { PickleSessionState } from "../session/state/cache-types.ts";
import { whyNeverHit } from "../session/state/lean-inputs.ts";
import type { ManifestState } from "../store/manifest/schema.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import type { ShowDocument } from "./json/states.ts";
import { findStalenessOf } from "./render/stale-states.ts";
import { kindOf } from "./render/state-table.ts";
import { requireState } from "./states.ts";

/** `lean-pickle show`: lays out one state. */
export function define(command: Command, host: Host): void {
  command
    .argument("<state>", "session id, name or key")
    .option("--path", "print the absolute path of its pickle and nothing else")
    .addHelpText("after", examples("lean-pickle show goal", "lean-pickle show -2 --path"))
    .action(action(host, show));
}

async function show(
  context: Context,
  reference: string,
  { path: pathOnly }: { path?: boolean },
): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const state = requireState(cache, reference);
  if (pathOnly) {
    output.path(state.pickleFile);
    return "done";
  }
  const stalenessOf = await findStalenessOf(cache, context.options.project);
  const { stale, changes } = stalenessOf?.(state.entry) ?? { stale: null, changes: [] };
  if (output.json) {
    // What its key says of Lean, as `key --json` prints it; null if that is not known.
    const recipe = cache.recipe(state.entry) ?? null;
    const inputs = cache.manifest.recipes[state.entry.key]?.inputs ?? null;
    output.jsonData({ ...state.entry, stale, recipe, inputs } satisfies ShowDocument);
  } else {
    const { chooseWays } = await import("../session/restore/choose-ways.ts");
    const { ways, reason } = chooseWays(
      cache.manifest.recipes,
      state.entry,
      context.options.restore ?? "auto",
    );
    const restored = `by ${ways[0].via}: ${reason}`;
    output.data(layOut(state, cache, output.styles, { changes, restored }));
  }
  return "done";
}

/** A state as a person wants to read it, without what a terminal would act on. */
function layOut(
  { entry: state, pickleFile }: PickleSessionState,
  cache: PickleSessionCache,
  styles: Styles,
  { changes, restored }: { changes: readonly string[]; restored: string },
): string {
  const { inputs } = cache.manifest.recipes[state.key] ?? {};
  const neverHit = inputs && whyNeverHit(inputs);
  const name = state.name === null ? "" : `  ${styles.bold(state.name)}`;
  const facts: [label: string, text: string][] = [
    ["kind", kindOf(state)],
    ...(state.isProofState ? [["status", statusOf(state)] as [string, string]] : []),
    ["made", `${age(state)}, in ${formatDuration(state.elapsedMs)}`],
    ["lean", leanOf(state)],
    ["imports", importsOf(state)],
    ...(changes.length > 0 ? [["stale", changes.join("; ")] as [string, string]] : []),
    ["restored", restored],
    ...(neverHit === undefined ? [] : [["hits", `never: ${neverHit}`] as [string, string]]),
    ["key", state.key],
    ["file", `${pickleFile}  ${isFile(pickleFile) ? formatBytes(state.bytes) : "missing"}`],
  ];
  const lines = facts.map(([label, text]) => `  ${styles.dim(label.padEnd(8))} ${printable(text)}`);
  return [
    `${styles.cyan(String(state.sessionId))}${name}`,
    ...lines,
    ...section("recipe", recipeOf(cache.recipe(state)), styles),
    ...(state.isProofState ? section("goals", state.goals ?? [], styles) : []),
  ].join("\n");
}

/** Whether the file itself is there, not a link to somewhere. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function section(title: string, parts: readonly string[], styles: Styles): string[] {
  if (parts.length === 0) {
    return [];
  }
  const indented = parts.map((part) => printable(part).replace(/^/gm, "    "));
  return ["", `  ${styles.dim(title)}`, indented.join("\n\n")];
}

function statusOf({ goals = [], proofStatus }: ManifestState): string {
  const open = goals.length === 0 ? "no goals" : plural(goals.length, "goal");
  return proofStatus ? `${open}; ${proofStatus}` : open;
}

function age({ createdAt }: ManifestState): string {
  return `${createdAt} (${formatAge(Date.now() - Date.parse(createdAt))} ago)`;
}

function leanOf({ lean }: ManifestState): string {
  const git = lean.gitHash === null ? undefined : `git ${lean.gitHash.slice(0, 12)}`;
  const parts = [lean.version, git, lean.toolchain].filter((part) => part != null);
  return parts.length > 0 ? parts.join(", ") : "unknown";
}

function importsOf({ imports }: ManifestState): string {
  if (imports === null) {
    return "unknown";
  }
  return imports.length > 0 ? imports.join(", ") : "none";
}

/** The steps that lead to a state, numbered from nothing. */
function recipeOf(steps: readonly RecipeStep[] | undefined): string[] {
  return steps?.map((step, index) => `${index + 1}. ${describeStep(step)}`) ?? ["unknown"];
}

function describeStep(step: RecipeStep): string {
  if ("sorry" in step) {
    return `the proof state at sorry ${step.sorry}`;
  }
  const [what, text] = "cmd" in step ? ["code", step.cmd] : ["tactic", step.tactic];
  return `${what}\n${text.trimEnd().replace(/^/gm, "   ")}`;
}
