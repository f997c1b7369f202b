import type { Manifest } from "../../store/manifest/schema.ts";
import { type ChangeOptions, updateManifest } from "../../store/manifest/update-manifest.ts";
import { checkName, noSuchState } from "../state/names.ts";

/**
 * Gives states names, all in one change of the manifest or none.
 * @param names by session id
 * @throws {LeanPickleError} `name-taken`, `no-such-state`
 */
export async function renameStates(
  workingDir: string,
  lock: ChangeOptions,
  names: ReadonlyMap<number, string>,
  mayReplace: boolean,
): Promise<Manifest> {
  const { manifest } = await updateManifest(workingDir, lock, (current) => {
    for (const [sessionId, name] of names) {
      const state = current.states.find((each) => each.sessionId === sessionId);
      if (!state) {
        throw noSuchState(sessionId);
      }
      const holder = checkName(current, name, mayReplace, state);
      if (holder) {
        holder.name = null;
      }
      state.name = name;
    }
  });
  return manifest;
}
