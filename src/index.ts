/** The library of lean-pickle. */
export { type ErrorCode, LeanPickleError } from "./errors.ts";
export type {
  LeanIdentity,
  LeanServerOptions,
  ReplConnection,
  ReplLaunch,
  RunOptions,
} from "./repl/connection.ts";
export {
  ReplDiedError,
  type ReplEndDetails,
  ReplEndedError,
  ReplMemoryError,
  ReplProtocolError,
  ReplStartError,
  ReplTimeoutError,
} from "./repl/errors.ts";
export { LeanServer } from "./repl/lean-server.ts";
export type { IdKind, Making, ReplId } from "./repl/makings.ts";
export type {
  AnswerTo,
  CommandAnswer,
  CommandOptions,
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
  type Addition,
  type AdditionResult,
  addToCache,
  type CodeSource,
  type MakingOptions,
  type SourcedMessage,
} from "./session/add/addition.ts";
export type { Derivation } from "./session/add/plan-addition.ts";
export {
  AutoLeanServer,
  type AutoLeanServerOptions,
  type AutoRunOptions,
} from "./session/auto-lean-server.ts";
export { PickleSessionCache } from "./session/pickle-session-cache.ts";
export type {
  AddAllOptions,
  AddOptions,
  CacheOptions,
  LockOptions,
  PickleSessionState,
  RecipeStep,
  ReloadOptions,
  Removal,
  StateKind,
} from "./session/state/cache-types.ts";
export {
  BaseSessionCache,
  type CacheCallOptions,
  type NamesState,
  type SessionState,
  type Verdict,
  type VerdictStatus,
} from "./session/state/session-cache.ts";
export { LeanRejectedError } from "./session/steps/run-steps.ts";
export type { Manifest, ManifestState } from "./store/manifest/schema.ts";
export type { ProcessExit, ProcessLaunch } from "./system/process-group.ts";
export { type FoundRepl, findRepl, type ReplSearch } from "./toolchain/find-repl.ts";
