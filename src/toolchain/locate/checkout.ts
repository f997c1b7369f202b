/** Where an executable REPL was built. */
import { join } from "node:path";
import { followLinks } from "./observed-files.ts";

/** Where `lake build` puts the REPL in a checkout of it. */
export const BUILT_REPL = join(".lake", "build", "bin", "repl");

/** The checkout in which an executable lies where `lake build` puts it; undefined elsewhere. */
export function checkoutOf(path: string): string | undefined {
  return path.endsWith(`/${BUILT_REPL}`) ? path.slice(0, -BUILT_REPL.length - 1) : undefined;
}

/** The path of an executable and, if it is a link, the path of its target. */
export function pathsOfRepl(repl: string): string[] {
  const real = followLinks(repl);
  return real === "absent" || real === "unreadable" || real === repl ? [repl] : [repl, real];
}
