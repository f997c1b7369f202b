import fitWidth from "fast-string-truncated-width";

/** A column of a table. */
export interface Column {
  title: string;
  /** Sizes and counts stand at the right. */
  align?: "left" | "right";
  /** The width below which it is not cut; one without is never cut. */
  minWidth?: number;
  /** Applied to each cell after it has its width. */
  style?: (text: string) => string;
}

const GAP = 2;
const ELLIPSIS = "…";

/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return fitWidth(text).width;
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
 * columns that may be cut are, the last ones first.
 * @param maxWidth in columns of the terminal; Infinity where nothing is to be cut
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  maxWidth: number,
): string {
  const all = [columns.map(({ title }) => title), ...rows];
  const widths = fitColumns(columns, naturalWidths(columns, all), maxWidth);
  return all
    .map((row, index) => {
      const cells = columns.map((column, at) => {
        const cell = pad(truncate(row[at] ?? "", widths[at] ?? 0), widths[at] ?? 0, column.align);
        return index > 0 && column.style ? column.style(cell) : cell;
      });
      return cells.join(" ".repeat(GAP)).trimEnd();
    })
    .join("\n");
}

function naturalWidths(columns: readonly Column[], rows: readonly (readonly string[])[]): number[] {
  return columns.map((_, at) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[at] ?? "")), 0),
  );
}

function fitColumns(columns: readonly Column[], natural: number[], maxWidth: number): number[] {
  const widths = [...natural];
  const total = widths.reduce((sum, width) => sum + width, GAP * (columns.length - 1));
  let excess = total - maxWidth;
  for (let at = columns.length - 1; at >= 0 && excess > 0; at--) {
    const { minWidth } = columns[at] ?? {};
    const width = widths[at] ?? 0;
    const cut = minWidth === undefined ? 0 : Math.min(excess, Math.max(0, width - minWidth));
    widths[at] = width - cut;
    excess -= cut;
  }
  return widths;
}

function pad(text: string, width: number, align: Column["align"]): string {
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return align === "right" ? space + text : text + space;
}
