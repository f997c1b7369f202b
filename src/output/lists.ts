/** Lists in sentences. */

/** How many names a sentence has by default, where there may be any number. */
const MOST_NAMED = 3;

/** The first of many names, and how many more there are: `a, b, c and 2 more`. */
export function listSome(names: readonly string[], limit = MOST_NAMED): string {
  const named = names.slice(0, limit).join(", ");
  const more = names.length - limit;
  return more > 0 ? `${named} and ${more} more` : named;
}
