/** Packages that lake would fetch before it does anything else. */
import { join } from "node:path";
import { listSome } from "../../output/lists.ts";
import { Evidence, isThere, readObserved } from "./observed-files.ts";
import { packageFolders } from "./package-folders.ts";

/** A missing package of a project. */
export interface MissingPackages {
  /** A clause, such as `its package mathlib is not there`. */
  what: string;
  /** The command that fetches and builds it, to be run in the project's folder. */
  mend: string;
}

/** How a lakefile requires a package. */
const REQUIRES = {
  "lakefile.lean": /^\s*require\s/m,
  "lakefile.toml": /^\s*\[\[\s*require\s*\]\]/m,
};

/**
 * What any use of lake in a project, `lake env` too, would first clone from elsewhere
 * (`PackageEntry.materialize` in Lake's Lake/Load/Materialize.lean); undefined if all is there.
 * Where there is no `lake-manifest.json`, lake would choose by itself what the lakefile requires.
 * @param project its folder
 */
export function findMissingPackages(project: string): MissingPackages | undefined {
  const { clones, roots } = packageFolders(project, new Evidence());
  const missing = clones.filter((name) => !roots.some((root) => isThere(join(root, name))));
  if (missing.length > 0) {
    const names = listSome(missing);
    const what =
      missing.length === 1
        ? `its package ${names} is not there`
        : `its packages ${names} are not there`;
    // Mathlib is downloaded as it was built elsewhere: building it takes hours.
    return {
      what,
      mend: missing.includes("mathlib") ? "lake exe cache get && lake build" : "lake build",
    };
  }
  const isChosen = isThere(join(project, "lake-manifest.json"));
  const what = "what it requires is not there: it has no lake-manifest.json";
  return isChosen || !requiresAny(project) ? undefined : { what, mend: "lake build" };
}

function requiresAny(project: string): boolean {
  return Object.entries(REQUIRES).some(([name, requires]) => {
    const found = readObserved(join(project, name));
    return typeof found !== "string" && requires.test(found.toString());
  });
}
