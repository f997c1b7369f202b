/** The library of lean-pickle. */
export { type ErrorCode, LeanPickleError } from "./errors.ts";
export type { RecipeStep, StateKind } from "./recipe/steps.ts";
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
export type { IdKind, Making, ReplId } from "./repl/id-history.ts";
export { LeanServer } from "./repl/lean-server.ts";
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
  type AdditionResult,
  type AddToCacheOptions,
  addToCache,
} from "./session/add/add-to-cache.ts";
export type { Addition, CodeSource, SourcedMessage } from "./session/add/addition.ts";
export { LeanRejectedError } from "./session/add/lean-rejected.ts";
export type { AdditionPlan } from "./session/add/plan-addition.ts";
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
  PickleSessionState,
  ReloadOptions,
  RestoreMode,
} from "./session/state/cache-types.ts";
export {
  BaseSessionCache,
  type CacheCallOptions,
  type NamesState,
  type SessionState,
  type Verdict,
  type VerdictStatus,
  type Via,
} from "./session/state/session-cache.ts";
export type { LockOptions } from "./store/lock/lock.ts";
export type { Manifest, ManifestState } from "./store/manifest/schema.ts";
export type { Removal } from "./store/pickles/remove-states.ts";
export type { ProcessExit, ProcessLaunch } from "./system/process-group.ts";
export { type FoundRepl, findRepl, type ReplSearch } from "./toolchain/find-repl.ts";
