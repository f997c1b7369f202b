/** Looking at what is on disk, and putting it in order: the parts of the store that need no Lean. */

import { type PrunePlan, planPrune } from "../store/maintenance/prune.ts";
import type { PruneRules } from "../store/maintenance/prune-rules.ts";
import { findBuiltOn } from "../store/manifest/built-on.ts";
import type { ManifestState } from "../store/manifest/schema.ts";
import type { PickleSessionCache } from "./pickle-session-cache.ts";

export { GARBAGE_AGE_MS } from "../store/maintenance/garbage.ts";
export { carryOut, type Pruned, type PrunePlan } from "../store/maintenance/prune.ts";
export type { Doomed, PruneReason, PruneRules } from "../store/maintenance/prune-rules.ts";
export { type ManifestRepair, repairManifest } from "../store/maintenance/repair-manifest.ts";
export { type Verification, verifyCache } from "../store/maintenance/verify.ts";
export type { Finding, VerifyNote } from "../store/maintenance/verify-finding.ts";

/** How it is planned what is to go. */
export interface PruneOptions {
  /** Called before each state whose pickle is read. */
  onState?: ((state: ManifestState) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/** Finds out what is to go of a cache by rules, and what of garbage; changes nothing. */
export async function planPruneOf(
  { workingDir, manifest }: PickleSessionCache,
  rules: PruneRules,
  options: PruneOptions = {},
): Promise<PrunePlan> {
  const builtOn = findBuiltOn(manifest.recipes, manifest.states);
  return await planPrune(workingDir, manifest, rules, { ...options, builtOn });
}
