/** The folders of compiled modules. */
import { delimiter, join, resolve } from "node:path";
import { type PackagePlaces, readManifest } from "./lake-manifest.ts";
import { type Evidence, followLinks, listFolder } from "./observed-files.ts";

/** A folder in which `A/B.olean` is the module `A.B`. */
export interface ModuleRoot {
  /** Its path, without links. */
  folder: string;
  /** Its entries; undefined if it cannot be listed. */
  names: ReadonlySet<string> | undefined;
  /**
   * Who may change it: `local` is the project's own or that of a package used where it lies,
   * `pinned` that of a package which lake holds at a revision, `other` one of LEAN_PATH.
   */
  kind: "local" | "pinned" | "other";
}

/** Where lake puts compiled modules in a package: now, before 2025, and before v4.3.0. */
const BUILT_MODULES = [
  join(".lake", "build", "lib", "lean"),
  join(".lake", "build", "lib"),
  join("build", "lib"),
];

/** Where lake puts packages by itself: now, and before v4.3.0. */
const PACKAGES = [join(".lake", "packages"), "lake-packages"];

/** What names packages: the second one goes before the first, for who wants other packages. */
const MANIFESTS = ["lake-manifest.json", join(".lake", "package-overrides.json")];

/**
 * The existing folders that may hold modules of a project, each once: its own, then those of its
 * packages, then those of LEAN_PATH. The order does not depend on where the project lies.
 */
export function findModuleRoots(project: string | undefined, evidence: Evidence): ModuleRoot[] {
  const roots = new Map<string, ModuleRoot>();
  const add = (kind: ModuleRoot["kind"], folder: string): void => {
    const found = followLinks(folder);
    const real = found === "unreadable" ? folder : found;
    if (real !== "absent" && !roots.has(real)) {
      const names = namesIn(real);
      roots.set(real, { folder: real, names: names && new Set(names), kind });
    }
  };
  const addPackage = (kind: ModuleRoot["kind"], folder: string): void => {
    for (const built of BUILT_MODULES) {
      add(kind, join(folder, built));
    }
  };
  if (project !== undefined) {
    const packages = findPackages(project, evidence);
    for (const folder of [project, ...packages.local]) {
      addPackage("local", folder);
    }
    for (const folder of packages.pinned) {
      addPackage("pinned", folder);
    }
  }
  for (const folder of (process.env.LEAN_PATH ?? "").split(delimiter)) {
    if (folder !== "") {
      add("other", resolve(project ?? ".", folder));
    }
  }
  return [...roots.values()];
}

function findPackages(
  project: string,
  evidence: Evidence,
): { local: string[]; pinned: Iterable<string> } {
  const { local, roots, parts } = packageFolders(project, evidence);
  const pinned = new Set<string>();
  for (const folder of roots) {
    for (const name of namesIn(folder) ?? []) {
      pinned.add(join(folder, name));
    }
    for (const part of parts) {
      pinned.add(join(folder, part.name, part.folder));
    }
  }
  return { local, pinned };
}

/**
 * The packages of a project, as absolute paths: `local` are used where they lie; `roots` are the
 * folders into which lake clones the others, and `clones` their names; some of them are a folder
 * inside a clone.
 */
export function packageFolders(
  project: string,
  evidence: Evidence,
): { local: string[]; roots: string[]; clones: string[]; parts: PackagePlaces["parts"] } {
  const manifests = MANIFESTS.map((name) => placesIn(join(project, name), evidence));
  const roots = [...PACKAGES, ...manifests.flatMap(({ packagesDir }) => packagesDir ?? [])];
  return {
    local: manifests.flatMap(({ paths }) => paths).map((path) => resolve(project, path)),
    roots: [...new Set(roots.map((folder) => resolve(project, folder)))],
    clones: manifests.flatMap(({ clones }, at) => {
      const overridden = new Set(manifests.slice(at + 1).flatMap(({ names }) => names));
      return clones.filter((name) => !overridden.has(name));
    }),
    parts: manifests.flatMap(({ parts }) => parts),
  };
}

function placesIn(manifest: string, evidence: Evidence): PackagePlaces {
  const found = evidence.read(manifest);
  return readManifest(typeof found === "string" ? "" : found.toString());
}

function namesIn(folder: string): string[] | undefined {
  const found = listFolder(folder);
  return typeof found === "string" ? undefined : found.map(({ name }) => name);
}
