// Environments: what was imported, declared and opened.
import { BUILTIN_TYPES, EXPORTED } from "./builtins.js";

/** @import { Constant, Environment } from "./types.ts" */

/**
 * An environment that holds its imports and nothing else.
 * @param {string[]} imports
 * @param {boolean} [empty] the import failed
 * @returns {Environment}
 */
export function importedEnvironment(imports, empty = false) {
  return { imports, constants: [], opens: [], empty };
}

/**
 * What was declared under exactly this name.
 * @param {Environment} environment
 * @param {string} name
 * @returns {Constant | undefined}
 */
export function declared(environment, name) {
  for (let at = environment.constants.length - 1; at >= 0; at -= 1) {
    const found = environment.constants[at]?.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param {Environment} environment @param {string} name */
export function isTaken(environment, name) {
  const builtin = !environment.empty && BUILTIN_TYPES.has(name);
  return builtin || declared(environment, name) !== undefined;
}

/**
 * The full name that a name stands for here: itself, or behind an opened namespace.
 * @param {Environment} environment
 * @param {string} name
 */
export function resolveName(environment, name) {
  const exported = environment.empty ? undefined : EXPORTED.get(name);
  const candidates = [name, ...environment.opens.map((opened) => `${opened}.${name}`)];
  return candidates.find((each) => isTaken(environment, each)) ?? exported;
}

/** @param {Environment} environment @param {string} namespace */
export function hasNamespace(environment, namespace) {
  const prefix = `${namespace}.`;
  const inside = (/** @type {string} */ name) => name.startsWith(prefix);
  return (
    environment.constants.some((layer) => [...layer.keys()].some(inside)) ||
    (!environment.empty && [...BUILTIN_TYPES.keys()].some(inside))
  );
}

/**
 * The environment with one constant more; the old one stays as it is, since its id stays usable.
 * @param {Environment} environment
 * @param {Constant} constant
 * @returns {Environment}
 */
export function declare(environment, constant) {
  return withConstants(environment, new Map([[constant.name, constant]]));
}

/**
 * @param {Environment} environment
 * @param {ReadonlyMap<string, Constant>} layer
 * @returns {Environment}
 */
export function withConstants(environment, layer) {
  const layers = [...environment.constants];
  const last = layers.at(-1);
  // Layers double in size, so that a long chain of commands costs neither copies nor look-ups.
  let merged = layer;
  let below = last;
  while (below !== undefined && below.size <= merged.size) {
    merged = new Map([...below, ...merged]);
    layers.pop();
    below = layers.at(-1);
  }
  return { ...environment, constants: [...layers, merged] };
}

/** All constants that were declared, in no particular order. @param {Environment} environment */
export function allDeclared(environment) {
  return environment.constants.flatMap((layer) => [...layer.values()]);
}

/**
 * @param {Environment} environment
 * @param {string[]} namespaces
 * @returns {Environment}
 */
export function withOpen(environment, namespaces) {
  const added = namespaces.filter((each) => !environment.opens.includes(each));
  return { ...environment, opens: [...environment.opens, ...added] };
}
