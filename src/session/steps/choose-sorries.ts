import { LeanPickleError } from "../../errors.ts";
import { targetOf } from "../../repl/goals.ts";
import type { Sorry } from "../../repl/protocol.ts";

/**
 * The numbers of the sorries to go on with: the N-th, all of them, or the only one there is.
 * @param which undefined for the only one
 * @throws {LeanPickleError} `no-sorry` if there is no such sorry, or several and none is chosen
 */
export function chooseSorries(
  sorries: readonly Sorry[],
  which: number | "all" | undefined,
): number[] {
  if (sorries.length === 0) {
    throw new LeanPickleError(
      "no-sorry",
      "The last code has no sorry, so there is no proof state.",
      {
        hint: "Put a sorry where the proof is to go on.",
      },
    );
  }
  if (which === undefined && sorries.length > 1) {
    const message = `The code has ${sorries.length} sorries:\n${list(sorries)}`;
    throw new LeanPickleError("no-sorry", message, {
      hint: "Choose one with --sorry N, or take all of them with --sorry all.",
    });
  }
  const all = sorries.map((_, index) => index);
  const chosen = which === "all" ? all : all.slice(which ?? 0, (which ?? 0) + 1);
  if (chosen.length === 0) {
    const has = sorries.length === 1 ? "one sorry" : `${sorries.length} sorries`;
    const message = `The code has no sorry ${which}, counted from 0; it has ${has}:\n${list(sorries)}`;
    throw new LeanPickleError("no-sorry", message);
  }
  for (const index of chosen) {
    const { proofState, goal } = sorries[index] as Sorry;
    if (proofState === undefined) {
      const message = `The REPL gives no proof state for the sorry with this goal:\n${goal}`;
      throw new LeanPickleError("no-sorry", message);
    }
  }
  return chosen;
}

function list(sorries: readonly Sorry[]): string {
  return sorries
    .map(({ pos, goal }, index) => {
      const at = pos ? ` at ${pos.line}:${pos.column}` : "";
      return `  ${index}${at}  ${targetOf(goal)}`;
    })
    .join("\n");
}
