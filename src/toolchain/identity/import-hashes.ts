/** The hashes that lake stores of imported modules. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Evidence, isThere } from "../locate/observed-files.ts";
import { findModuleRoots, type ModuleRoot } from "../locate/package-folders.ts";
import { parseDepHash } from "./trace-file.ts";
import { tracesBelow } from "./traces-below.ts";

/** The roots of the modules that come with Lean. */
const CORE = new Set(["Init", "Std", "Lean", "Lake"]);

/**
 * The hash that lake keeps of each module, of all that it was built from; null, with a clause,
 * where it is not known. Modules that come with Lean are left out: the toolchain tells them.
 * @param imports names as in code: `A.«b c»`
 * @param project the folder of the project, where there is one
 */
export function identifyImports(
  imports: readonly string[],
  project: string | undefined,
  evidence: Evidence,
): Record<string, string | null> {
  const modules = [...new Set(imports)].map((name) => ({ name, parts: partsOf(name) }));
  if (modules.length === 0) {
    return {};
  }
  const roots = findModuleRoots(project, evidence);
  // `Std` was a package of its own until Lean v4.9 or so.
  const isCore = (parts: readonly string[]): boolean =>
    CORE.has(parts[0] ?? "") && !roots.some((root) => mayHold(root, parts));
  const others = modules.filter(({ parts }) => !isCore(parts));
  const traces = new Traces(roots, evidence);
  const hashes = others
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, parts }) => [name, traces.hashOf(name, parts)]);
  return Object.fromEntries(hashes);
}

/** The names of the folders and the file that a module lies at; none if there cannot be one. */
function partsOf(module: string): string[] {
  const quoted = module.match(/«[^»]*»|[^.«»]+/g) ?? [];
  const parts = quoted.map((part) => part.replace(/^«|»$/g, ""));
  const isPath = parts.every((part) => !/^\.{0,2}$|[/\\\0]/.test(part));
  return isPath && quoted.join(".") === module ? parts : [];
}

class Traces {
  readonly #roots: readonly ModuleRoot[];
  readonly #folders: ReadonlySet<string>;
  readonly #evidence: Evidence;
  readonly #digests = new Map<ModuleRoot, string | null>();

  constructor(roots: readonly ModuleRoot[], evidence: Evidence) {
    this.#roots = roots;
    this.#folders = new Set(roots.map(({ folder }) => folder));
    this.#evidence = evidence;
  }

  /**
   * The hash of a module: those of all roots that have it, as it is not known which one Lean takes.
   */
  hashOf(module: string, parts: readonly string[]): string | null {
    const hashes = new Set<string>();
    for (const root of this.#roots.filter((root) => mayHold(root, parts))) {
      const hash = this.#hashIn(root, module, parts);
      if (hash === null) {
        return null;
      }
      if (hash !== undefined) {
        hashes.add(hash);
      }
    }
    return hashes.size > 0 ? [...hashes].join("+") : this.#unknown(noTrace(module));
  }

  /** The hash of a module in one root; undefined if it is not there, null if it is not known. */
  #hashIn(root: ModuleRoot, module: string, parts: readonly string[]): string | null | undefined {
    const path = join(root.folder, ...parts);
    // Lake writes it before the trace, so a young file means that a build is running.
    this.#evidence.look(`${path}.olean`);
    const found = this.#evidence.read(`${path}.trace`);
    if (found === "unreadable") {
      return this.#unknown(`the trace of the module ${module} cannot be read`);
    }
    if (found === "absent") {
      return isThere(`${path}.olean`) ? this.#unknown(noTrace(module)) : undefined;
    }
    const hash = parseDepHash(found.toString());
    if (hash === null) {
      return this.#unknown(`the trace of the module ${module} is not understood`);
    }
    // A module of the module system has an .olean.private. It is not built again if only private parts
    // of its imports change, so its hash stays the same. The REPL loads private parts too, so each
    // module that may be behind it counts. Packages that lake pins to a revision do not change so.
    if (root.kind === "pinned" || !isThere(`${path}.olean.private`)) {
      return hash;
    }
    const digest = this.#digestBehind(root);
    return digest === null
      ? this.#unknown(`what lake built the private parts behind the module ${module} from`)
      : `${hash}/${digest}`;
  }

  /** The digest of all traces that a module of a root may have behind it; null if not known. */
  #digestBehind(root: ModuleRoot): string | null {
    let digest = this.#digests.get(root);
    if (digest === undefined) {
      // Local packages may import each other.
      const roots = this.#roots.filter((other) => other === root || other.kind === "local");
      digest = this.#digestOf(roots);
      this.#digests.set(root, digest);
    }
    return digest;
  }

  #digestOf(roots: readonly ModuleRoot[]): string | null {
    const traces: [root: number, path: string, hash: string][] = [];
    for (const [index, root] of roots.entries()) {
      for (const path of tracesBelow(root.folder, this.#folders)) {
        const found = path === null ? "unreadable" : this.#evidence.read(join(root.folder, path));
        if (path === null || typeof found === "string") {
          return null;
        }
        // A trace that is not understood counts by its whole content.
        traces.push([index, path, parseDepHash(found.toString()) ?? `content ${sha256(found)}`]);
      }
    }
    return sha256(JSON.stringify(traces));
  }

  #unknown(clause: string): null {
    this.#evidence.doubt(clause);
    return null;
  }
}

/** Whether a root can hold a module: most cannot, and no file has to be looked up for that. */
function mayHold({ names }: ModuleRoot, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) {
    return false;
  }
  const isModule = names?.has(`${first}.trace`) || names?.has(`${first}.olean`);
  return names === undefined || (rest.length > 0 ? names.has(first) : isModule === true);
}

function noTrace(module: string): string {
  return `lake keeps no trace of the module ${module}`;
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
