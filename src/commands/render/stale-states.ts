/** Which states may mean something else by now. */
import { LeanPickleError } from "../../errors.ts";
import { listSome } from "../../output/lists.ts";
import type { Output } from "../../output/output.ts";
import { plural } from "../../output/text.ts";
import type { Basis, Staleness } from "../../recipe/staleness.ts";
import type { PickleSessionCache } from "../../session/pickle-session-cache.ts";
import type { ManifestState } from "../../store/manifest/schema.ts";
import { findProject } from "../../toolchain/locate/project.ts";
import { callState } from "../states.ts";

/** Whether a state is stale, in the project in which it would be loaded now. */
export type StalenessOf = (state: ManifestState) => Staleness;

/**
 * Makes what tells whether states are stale. No REPL is looked for, and what states import is
 * looked at once, however many there are.
 * @param project as it is named on the command line
 * @returns undefined if no state can be told to be: there is neither a project nor a LEAN_PATH
 */
export async function findStalenessOf(
  cache: PickleSessionCache,
  project: string | undefined,
): Promise<StalenessOf | undefined> {
  const folder = folderOf(project);
  if (folder === undefined && !process.env.LEAN_PATH) {
    return undefined;
  }
  const { identifyBasis } = await import("../../toolchain/identity/lean-identity.ts");
  const { findStaleness } = await import("../../recipe/staleness.ts");
  const byImports = new Map<string, Basis>();
  return ({ key, imports }) => {
    const name = imports === null ? "" : `of ${imports.join()}`;
    const now = byImports.get(name) ?? identifyBasis(folder, imports);
    byImports.set(name, now);
    return findStaleness(cache.manifest.recipes[key]?.inputs, now);
  };
}

/** To list states, a project that is named and not there is no matter. */
function folderOf(project: string | undefined): string | undefined {
  try {
    return findProject(project)?.folder;
  } catch (error) {
    if (error instanceof LeanPickleError && error.code === "usage") {
      return undefined;
    }
    throw error;
  }
}

/** Tells which states are stale, and what that means. */
export function tellStale(output: Output, states: readonly ManifestState[]): void {
  if (states.length === 0) {
    return;
  }
  const named = listSome(states.map(callState));
  const are = `${plural(states.length, "state")} ${states.length === 1 ? "is" : "are"} stale`;
  output.note(
    `${are} (${named}): the project, or what is imported, has changed since; "lean-pickle show" says what. It may load and mean something else.`,
  );
}
