/** The library of lean-pickle. */
export { type ErrorCode, LeanPickleError } from "./errors.ts";
export type { LeanServerOptions, ReplConnection, RunOptions } from "./repl/connection.ts";
export {
  type ProcessExit,
  ReplDiedError,
  ReplEndedError,
  ReplMemoryError,
  ReplProtocolError,
  ReplStartError,
  ReplTimeoutError,
} from "./repl/errors.ts";
export { LeanServer } from "./repl/lean-server.ts";
export type { IdKind, Making, ReplId } from "./repl/makings.ts";
export type { ReplLaunch } from "./repl/process-group.ts";
export type {
  AnswerTo,
  CommandAnswer,
  CommandRequest,
  EnvironmentAnswer,
  ErrorAnswer,
  FileRequest,
  LeanMessage,
  PickleEnvironmentRequest,
  PickleProofStateRequest,
  Position,
  ProofStepAnswer,
  ReplAnswer,
  ReplRequest,
  Sorry,
  TacticRequest,
  UnpickleEnvironmentRequest,
  UnpickleProofStateRequest,
} from "./repl/protocol.ts";
export { isErrorAnswer } from "./repl/protocol.ts";
export {
  AutoLeanServer,
  type AutoLeanServerOptions,
  type AutoRunOptions,
} from "./session/auto-lean-server.ts";
export { PickleSessionCache } from "./session/pickle-session-cache.ts";
export type {
  AddOptions,
  PickleSessionState,
  ReloadOptions,
} from "./session/pickle-session-state.ts";
export {
  BaseSessionCache,
  type CacheCallOptions,
  type SessionState,
  type Verdict,
  type VerdictStatus,
} from "./session/session-cache.ts";
export type { LockOptions } from "./store/lock.ts";
export type { Manifest, ManifestState } from "./store/manifest.ts";
export { type FoundRepl, findRepl, type ReplSearch } from "./toolchain/find-repl.ts";
