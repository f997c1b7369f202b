import type { Manifest, ManifestState } from "../../src/store/manifest/schema.ts";

/** The entry of a state as `add` writes it. */
export function anyState(sessionId: number, changes: Partial<ManifestState> = {}): ManifestState {
  const hex = (-sessionId).toString(16);
  const key = hex.padStart(64, "0");
  return {
    sessionId,
    name: null,
    isProofState: false,
    key,
    pickleFile: `session_cache/${key}.${hex.padStart(8, "0")}.olean`,
    bytes: 100,
    sha256: "a".repeat(64),
    createdAt: "2026-01-02T03:04:05.678Z",
    elapsedMs: 12,
    lean: { toolchain: null, version: "4.33.0", gitHash: null },
    imports: [],
    ...changes,
  };
}

/** A manifest with these states. */
export function anyManifest(states: ManifestState[], changes: Partial<Manifest> = {}): Manifest {
  const last = Math.min(0, ...states.map(({ sessionId }) => sessionId));
  return { version: 1, revision: 3, nextSessionId: last - 1, states, recipes: {}, ...changes };
}
