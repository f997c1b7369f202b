/** Looking at what is on disk, and putting it in order: the parts of the store that need no Lean. */
export type { Finding, VerifyNote } from "../store/findings.ts";
export { type ManifestRepair, repairManifest } from "../store/manifest-repair.ts";
export { type Verification, verifyCache } from "../store/verify.ts";
