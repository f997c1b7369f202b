/** Where `lean-pickle setup` keeps the REPLs that it built: one checkout for each toolchain. */
import { join } from "node:path";
import { BUILT_REPL } from "./checkout.ts";
import { Evidence, isExecutable } from "./evidence.ts";
import { readToolchain } from "./toolchain.ts";
import { userCacheFolder } from "./user-cache.ts";

/**
 * `origin/repository:release`, or a release or a name of one's own alone, as elan reads toolchains
 * (`lookup_unresolved_toolchain_desc` in its src/elan/toolchain.rs); less what would be no plain
 * name of a folder, and `--`, which stands for `/` and `:` there.
 */
const TOOLCHAIN = /^(?!.*--)(?:[a-z0-9_][\w-]*\/[a-z0-9_][\w-]*:)?[a-z0-9][\w.-]*$/i;

/** Longer ones are names of no toolchain, and perhaps of no folder. */
const MOST_CHARACTERS = 200;

/** The folder of all REPLs that were built; undefined where the user has no folder for caches. */
export function builtReplsFolder(): string | undefined {
  const cache = userCacheFolder();
  return cache && join(cache, "repl");
}

/**
 * The folder of the REPL of a toolchain, named as elan names those of toolchains
 * (`leanprover--lean4---v4.33.0`). It need not be there. Undefined for what is no toolchain's name,
 * and where the user has no folder for caches.
 * @param toolchain the whole name, such as `leanprover/lean4:v4.33.0`
 */
export function builtReplFolder(toolchain: string): string | undefined {
  const all = builtReplsFolder();
  const isName = toolchain.length <= MOST_CHARACTERS && TOOLCHAIN.test(toolchain);
  return all !== undefined && isName
    ? join(all, toolchain.replace("/", "--").replace(":", "---"))
    : undefined;
}

/**
 * The executable of the REPL that was built for a toolchain; undefined where there is none. What is
 * there is whole: a checkout gets this name only after it was built and has worked.
 * @param toolchain as for {@link builtReplFolder}
 */
export function findBuiltRepl(toolchain: string): string | undefined {
  const folder = builtReplFolder(toolchain);
  const repl = folder && join(folder, BUILT_REPL);
  // Where the file system knows no upper and lower case, the folder may be another toolchain's.
  return repl && isExecutable(repl) && readToolchain(folder, "REPL", new Evidence()) === toolchain
    ? repl
    : undefined;
}
