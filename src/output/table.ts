import fitWidth from "fast-string-truncated-width";

/** A column of a table. */
export interface Column {
  title: string;
  /** Sizes and counts stand at the right. */
  align?: "left" | "right";
  /** The width below which it is not cut; one without is never cut. */
  minWidth?: number;
  /** Where cutting is not enough, columns with this are left out, the lowest number first. */
  leaveOut?: number;
  /** Applied to each cell after it has its width. */
  style?: (text: string) => string;
}

/** Nothing but printable ASCII. */
const PLAIN = /^[\x20-\x7e]*$/;

const GAP = 2;
const ELLIPSIS = "…";

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  // Most cells are plain ASCII: their width is their length.
  return PLAIN.test(text) ? text.length : fitWidth(text).width;
}

/** A text in at most `width` columns, with an ellipsis where something was left out. */
export function truncate(text: string, width: number): string {
  // Found here: the library's own place to cut is one character late after a sign such as ⊢.
  if (text.length <= width / 2 || textWidth(text) <= width) {
    return text;
  }
  const kept: string[] = [];
  let room = width - 1;
  for (const character of text) {
    room -= textWidth(character);
    if (room < 0) {
      break;
    }
    kept.push(character);
  }
  // A mark may have made a character wider than it is alone.
  while (kept.length > 0 && textWidth(kept.join("")) >= width) {
    kept.pop();
  }
  return `${kept.join("")}${ELLIPSIS}`;
}

/**
 * Lays out rows of one-line texts under their titles. Where they are wider than `maxWidth`, the
 * columns that may be cut are, the last ones first, and then those that may be are left out.
 * @param maxWidth in columns of the terminal; Infinity where nothing is to be cut
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxWidth: number,
): string {
  const all = [columns.map(({ title }) => title), ...rows];
  const natural = naturalWidths(columns, all, maxWidth);
  const shown = chooseColumns(columns, natural, maxWidth);
  const widths = fitColumns(columns, natural, shown, maxWidth);
  const last = shown.at(-1);
  return all
    .map((row, index) => {
      const cells = shown.map((at) => {
        const { align, style } = columns[at] ?? {};
        const width = widths[at] ?? 0;
        const text = row[at] ?? "";
        // Only what was cut is measured again, and nothing is padded that nothing stands behind.
        const fitted = width === natural[at] ? text : truncate(text, width);
        const cell = at === last && align !== "right" ? fitted : pad(fitted, width, align);
        return index > 0 && style ? style(cell) : cell;
      });
      return cells.join(" ".repeat(GAP)).trimEnd();
    })
    .join("\n");
}

/** The columns that fit when they are cut as far as they may be, by their places. */
function chooseColumns(
  columns: readonly Column[],
  natural: readonly number[],
  maxWidth: number,
): number[] {
  const places = columns.map((_, at) => at);
  const least = (at: number) => Math.min(natural[at] ?? 0, columns[at]?.minWidth ?? Infinity);
  const rank = (at: number) => columns[at]?.leaveOut ?? Infinity;
  let shown = places;
  for (const at of places
    .filter((each) => rank(each) < Infinity)
    .sort((a, b) => rank(a) - rank(b))) {
    if (totalWidth(shown.map(least)) > maxWidth) {
      shown = shown.filter((each) => each !== at);
    }
  }
  return shown;
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

function naturalWidths(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxWidth: number,
): number[] {
  return columns.map(({ align }, at) => {
    // Where nothing is cut, it makes no difference how wide the last column is: it has most to
    // measure.
    const isFree = maxWidth === Infinity && at === columns.length - 1 && align !== "right";
    return isFree ? 0 : rows.reduce((width, row) => Math.max(width, textWidth(row[at] ?? "")), 0);
  });
}

function fitColumns(
  columns: readonly Column[],
  natural: readonly number[],
  shown: readonly number[],
  maxWidth: number,
): number[] {
  const widths = [...natural];
  let excess = totalWidth(shown.map((at) => widths[at] ?? 0)) - maxWidth;
  for (const at of [...shown].reverse()) {
    const { minWidth } = columns[at] ?? {};
    const width = widths[at] ?? 0;
    if (minWidth !== undefined && excess > 0) {
      const cut = Math.min(excess, Math.max(0, width - minWidth));
      widths[at] = width - cut;
      excess -= cut;
    }
  }
  return widths;
}

function pad(text: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "right" ? space + text : text + space;
}
