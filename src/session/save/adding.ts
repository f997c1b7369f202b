/** Adding states: pickling what a REPL holds, and making it the cache's. */
import type { ReplConnection } from "../../repl/connection.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import type { OpenCache } from "../state/cache-handle.ts";
import type { AddAllOptions } from "../state/cache-types.ts";
import { checkNames } from "../state/names.ts";
import type { NamesState } from "../state/session-cache.ts";
import { type Candidate, type Keeping, type KeepOptions, keepPickled } from "./commit.ts";
import { type Described, describeState, pickleState } from "./pickle-state.ts";

/** As {@link PickleSessionCache.addAll}. */
export async function addAll(
  open: OpenCache,
  server: ReplConnection,
  responses: readonly NamesState[],
  { names, replaceName = false, force = false, ...options }: AddAllOptions,
): Promise<ManifestState[]> {
  // A damaged manifest, or a name that is taken, is noticed before anything is pickled.
  open.refresh();
  const described: Described[] = [];
  for (const response of responses) {
    described.push(await describeState(server, response, open));
  }
  const wanted = described.flatMap(({ base }, index) => {
    const name = names?.[index] ?? null;
    return name === null ? [] : [{ name, key: base?.key }];
  });
  checkNames(open.index.manifest, wanted, replaceName);
  const candidates: Candidate[] = [];
  try {
    for (const [index, each] of described.entries()) {
      const pickled = await pickleState(server, each, open, options);
      candidates.push({ pickled, name: names?.[index] ?? null });
    }
  } catch (error) {
    for (const { pickled } of candidates) {
      await pickled.temporary.discard();
    }
    throw error;
  }
  const kept = await keep(open, candidates, { replaceName, force, allOrNone: true });
  return kept.map((each) => {
    if ("error" in each) {
      throw each.error;
    }
    return each.state;
  });
}

/** As {@link PickleSessionCache.keep}. */
export async function keep(
  open: OpenCache,
  candidates: readonly Candidate[],
  options: Omit<KeepOptions, "workingDir" | "lock"> & Partial<Pick<KeepOptions, "lock">>,
): Promise<Keeping[]> {
  const { workingDir, lock } = open;
  const { manifest, kept } = await keepPickled(candidates, { lock, ...options, workingDir });
  open.refresh(manifest);
  for (const [index, each] of kept.entries()) {
    const pickled = candidates[index]?.pickled;
    if (pickled && "state" in each) {
      open.loaded.set(pickled.process, each.state, pickled.replId, each.recipes);
    }
  }
  return kept;
}
