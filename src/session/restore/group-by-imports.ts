/** In which portions states are loaded, so that what they import is imported as seldom as possible. */
import { parseHeader } from "../../recipe/import-header.ts";
import type { Manifest, ManifestState, RecipeEntry } from "../../store/manifest/schema.ts";

/** States that are loaded one after the other into the same REPL. */
export interface ReloadUnit {
  /**
   * The code that imports what each of them imports and nothing else, for an environment that all
   * of them are replayed onto; null where each state has to import by itself.
   */
  header: string | null;
  states: ManifestState[];
}

/**
 * Puts proof states with the same imports together, and everything else alone. The REPL does not
 * compare what a proof state imports with what it is replayed onto, so only those go together of
 * which it is known for sure. The REPL has no such switch for environments.
 * @returns in the order of their first states
 */
export function planReload(
  { recipes }: Pick<Manifest, "recipes">,
  states: readonly ManifestState[],
): ReloadUnit[] {
  const headers = new Headers(recipes);
  const units: ReloadUnit[] = [];
  const shared = new Map<string, ReloadUnit>();
  for (const state of states) {
    const header = state.isProofState ? headers.of(state) : null;
    const unit = header === null ? undefined : shared.get(header);
    if (unit) {
      unit.states.push(state);
      continue;
    }
    const alone: ReloadUnit = { header, states: [state] };
    units.push(alone);
    if (header !== null) {
      shared.set(header, alone);
    }
  }
  // For one state, an environment of its imports saves nothing.
  return units.map((unit) => (unit.states.length === 1 ? { ...unit, header: null } : unit));
}

/**
 * The code that imports what a state imports and nothing else; null where that is not known for sure.
 * @param root the first step of its recipe
 * @param imports as they were recorded
 */
export function headerOf(
  root: RecipeEntry | undefined,
  imports: readonly string[] | null,
): string | null {
  // Where an import failed, the state has other imports than the code says.
  if (!root || !("cmd" in root.step) || root.hasErrors) {
    return null;
  }
  const header = parseHeader(root.step.cmd);
  const isSure = header?.isPlain === true && imports?.join() === header.imports.join();
  return isSure ? header.imports.map((module) => `import ${module}`).join("\n") : null;
}

/** The headers of states, by the code at the roots of their recipes. */
class Headers {
  readonly #recipes: Manifest["recipes"];
  /** By key, the root of its recipe; null where that is not known. */
  readonly #roots = new Map<string, string | null>();

  constructor(recipes: Manifest["recipes"]) {
    this.#recipes = recipes;
  }

  /** Null where it is not known for sure what the state imports. */
  of({ key, imports }: ManifestState): string | null {
    return headerOf(this.#recipes[this.#rootOf(key) ?? ""], imports);
  }

  #rootOf(key: string): string | null {
    const path = new Set<string>();
    let root: string | null = null;
    for (let at: string | null = key; at !== null && !path.has(at); ) {
      const known = this.#roots.get(at);
      if (known !== undefined) {
        root = known;
        break;
      }
      path.add(at);
      const entry: Manifest["recipes"][string] | undefined = this.#recipes[at];
      root = entry?.base === null ? at : null;
      at = entry?.base ?? null;
    }
    for (const each of path) {
      this.#roots.set(each, root);
    }
    return root;
  }
}
