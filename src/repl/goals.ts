/** What is to be proved, of a goal as Lean prints it: from its last `⊢` on. */
export function targetOf(goal: string): string {
  return goal.slice(Math.max(goal.lastIndexOf("⊢"), 0));
}
