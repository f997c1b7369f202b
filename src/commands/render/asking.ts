import type { Context } from "../context.ts";

/**
 * Lists what is to go and asks a person at a terminal whether it may; a script is not asked.
 * @param list the table of it, for standard error
 */
export async function mayRemove(
  { output, signal }: Context,
  list: () => string,
  question: string,
): Promise<boolean> {
  if (!output.canAsk) {
    return true;
  }
  output.errorData(list());
  if (await output.confirm(question, signal)) {
    return true;
  }
  output.note("Nothing was removed.");
  return false;
}
