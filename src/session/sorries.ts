import { LeanPickleError } from "../errors.ts";
import type { Sorry } from "../repl/protocol.ts";

/**
 * The proof states to go on with: at the N-th sorry, at all of them, or at the only one there is.
 * @param which undefined for the only one
 * @throws {LeanPickleError} `no-sorry` where there is none, or not the one, or which is not said
 */
export function chooseSorries(
  sorries: readonly Sorry[],
  which: number | "all" | undefined,
): { proofState: number; goal: string }[] {
  const usable = sorries.flatMap(({ proofState, goal }) =>
    proofState === undefined ? [] : [{ proofState, goal }],
  );
  if (usable.length === 0) {
    throw new LeanPickleError("no-sorry", "The code has no sorry, so there is no proof state.", {
      hint: "Put a sorry where the proof is to go on.",
    });
  }
  if (which === "all") {
    return usable;
  }
  if (which === undefined && usable.length > 1) {
    throw new LeanPickleError(
      "no-sorry",
      `The code has ${usable.length} sorries:\n${list(sorries)}`,
      {
        hint: "Choose one with --sorry N, or take all of them with --sorry all.",
      },
    );
  }
  const chosen = usable[which ?? 0];
  if (!chosen) {
    const has = usable.length === 1 ? "one sorry" : `${usable.length} sorries`;
    const message = `The code has no sorry ${which}, counted from 0; it has ${has}:\n${list(sorries)}`;
    throw new LeanPickleError("no-sorry", message);
  }
  return [chosen];
}

function list(sorries: readonly Sorry[]): string {
  return sorries
    .map(({ pos, goal }, index) => {
      const at = pos ? ` at ${pos.line}:${pos.column}` : "";
      return `  ${index}${at}  ${goal.slice(Math.max(goal.lastIndexOf("⊢"), 0))}`;
    })
    .join("\n");
}
