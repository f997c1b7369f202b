// What a request asks for.
import { uncaught } from "./effects.js";

/**
 * @typedef {{ kind: "tactic", tactic: string, proofState: number }
 *   | { kind: "pickleEnv", path: string, env: number }
 *   | { kind: "unpickleEnv", path: string }
 *   | { kind: "pickleProofState", path: string, proofState: number }
 *   | { kind: "unpickleProofState", path: string, env: number | undefined }
 *   | { kind: "command", text: string, env: number | undefined }
 *   | { kind: "file", path: string, env: number | undefined }} Request
 */

/** @param {unknown} value @returns {value is number} */
const isNatural = (value) => typeof value === "number" && Number.isInteger(value) && value >= 0;
/** @param {unknown} value @returns {value is string} */
const isText = (value) => typeof value === "string";

/**
 * An optional field: absent and null are the same to Lean, a wrong type spoils the whole shape.
 * @template T
 * @param {(value: unknown) => value is T} test
 * @returns {(value: unknown) => value is T | null | undefined}
 */
function optional(test) {
  return /** @type {any} */ (/** @param {unknown} value */ (value) => value == null || test(value));
}

const isOptionalNatural = optional(isNatural);
const isOptionalText = optional(isText);
const isOptionalFlag = optional(
  /** @returns {value is boolean} */ (/** @type {unknown} */ value) => typeof value === "boolean",
);

/** @param {Record<string, unknown>} json */
function hasOptions(json) {
  return (
    isOptionalNatural(json.env) &&
    isOptionalFlag(json.allTactics) &&
    isOptionalFlag(json.rootGoals) &&
    isOptionalText(json.infotree)
  );
}

/** @param {unknown} env */
const environmentId = (env) => (isNatural(env) ? env : undefined);

/**
 * The shapes in the order in which the REPL tries them: as in `REPL/Main.lean`.
 * @type {((json: Record<string, unknown>) => Request | undefined)[]}
 */
const SHAPES = [
  ({ tactic, proofState }) =>
    isText(tactic) && isNatural(proofState) ? { kind: "tactic", tactic, proofState } : undefined,
  ({ pickleTo, env }) =>
    isText(pickleTo) && isNatural(env) ? { kind: "pickleEnv", path: pickleTo, env } : undefined,
  ({ unpickleEnvFrom }) =>
    isText(unpickleEnvFrom) ? { kind: "unpickleEnv", path: unpickleEnvFrom } : undefined,
  ({ pickleTo, proofState }) =>
    isText(pickleTo) && isNatural(proofState)
      ? { kind: "pickleProofState", path: pickleTo, proofState }
      : undefined,
  ({ unpickleProofStateFrom: path, env }) =>
    isText(path) && isOptionalNatural(env)
      ? { kind: "unpickleProofState", path, env: environmentId(env) }
      : undefined,
  (json) =>
    isText(json.cmd) && hasOptions(json)
      ? { kind: "command", text: json.cmd, env: environmentId(json.env) }
      : undefined,
  (json) =>
    isText(json.path) && hasOptions(json)
      ? { kind: "file", path: json.path, env: environmentId(json.env) }
      : undefined,
];

/** @param {string} text @param {unknown} problem */
function whatIsWrong(text, problem) {
  const said = problem instanceof Error ? problem.message : "";
  const at = /position (\d+)/.exec(said)?.[1];
  return at === undefined
    ? `offset ${[...text].length}: unexpected end of input`
    : `offset ${at}: unexpected character in value`;
}

/**
 * The request that a text is; the REPL dies of bad JSON and of a shape that it does not know.
 * @param {string} text
 * @returns {Request}
 */
export function parseRequest(text) {
  /** @type {unknown} */
  let json;
  try {
    json = JSON.parse(text);
  } catch (problem) {
    const message = `Could not parse JSON:\n${whatIsWrong(text, problem)}`;
    throw uncaught(JSON.stringify({ message }).replace('":"', '": "'));
  }
  const isObject = typeof json === "object" && json !== null && !Array.isArray(json);
  const fields = isObject ? /** @type {Record<string, unknown>} */ (json) : {};
  for (const shape of SHAPES) {
    const request = shape(fields);
    if (request !== undefined) return request;
  }
  throw uncaught('{"message": "Could not parse as a valid JSON command:\\n"}');
}
