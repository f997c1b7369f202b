// How answers look on standard output.

const WIDTH = 80;

/**
 * @typedef {null | boolean | number | string | Json[] | { [key: string]: Json | undefined }} Json
 */

/** @param {string} text */
function columns(text) {
  return [...text].length;
}

/**
 * The fields in the order in which Lean prints them: it keeps them in a tree and comes out
 * backwards, so that `sorries` and `messages` stand before `env`.
 * @param {{ [key: string]: Json | undefined }} object
 * @returns {[string, Json][]}
 */
function fields(object) {
  const present = Object.entries(object).flatMap(([key, value]) =>
    value === undefined ? [] : [/** @type {[string, Json]} */ ([key, value])],
  );
  return present.sort(([a], [b]) => (a < b ? 1 : -1));
}

/** @param {Json} value @returns {string} */
function flat(value) {
  if (Array.isArray(value)) return `[${value.map(flat).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const parts = fields(value).map(([key, each]) => `${JSON.stringify(key)}: ${flat(each)}`);
  return `{${parts.join(", ")}}`;
}

/**
 * @param {Json} value
 * @param {number} column where the value begins
 * @param {number} closing how many brackets and commas follow it on its last line
 * @returns {string}
 */
function render(value, column, closing) {
  const line = flat(value);
  if (column + columns(line) + closing <= WIDTH) return line;
  if (value === null || typeof value !== "object") return line;
  const inside = column + 1;
  const separator = `,\n${" ".repeat(inside)}`;
  if (Array.isArray(value)) {
    const items = value.map((each, at) =>
      render(each, inside, at === value.length - 1 ? closing + 1 : 1),
    );
    return `[${items.join(separator)}]`;
  }
  const entries = fields(value);
  const items = entries.map(([key, each], at) => {
    const after = at === entries.length - 1 ? closing + 1 : 1;
    const start = `${JSON.stringify(key)}:`;
    const beside = inside + columns(start) + 1;
    return beside + columns(flat(each)) + after <= WIDTH
      ? `${start} ${flat(each)}`
      : `${start}\n${" ".repeat(inside)}${render(each, inside, after)}`;
  });
  return `{${items.join(separator)}}`;
}

/**
 * A JSON value laid out as Lean's `Json.pretty` does: on one line where it fits into 80 columns,
 * over several lines otherwise. Strings never hold a raw newline.
 * @param {Json} value
 */
export function pretty(value) {
  return render(value, 0, 0);
}
