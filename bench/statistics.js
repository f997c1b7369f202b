/** The middle of some numbers. @param {readonly number[]} numbers */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** How far apart the middle half of some numbers lies. @param {readonly number[]} numbers */
export function spread(numbers) {
  return quantile(numbers, 0.75) - quantile(numbers, 0.25);
}

/** @param {readonly number[]} numbers @param {number} part */
function quantile(numbers, part) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

/**
 * A table of measurements, one a line.
 * @param {readonly { name: string, medianMs: number, spreadMs: number, ratio: number, limit?: number }[]} rows
 */
export function renderRows(rows) {
  const lines = [
    ["", "median ms", "spread ms", "ratio", "at most"],
    ...rows.map(({ name, medianMs, spreadMs, ratio, limit }) => [
      name,
      medianMs.toFixed(1),
      spreadMs.toFixed(1),
      ratio.toFixed(2),
      limit?.toString() ?? "",
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((at) =>
    Math.max(...lines.map((line) => line[at]?.length ?? 0)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, at) =>
          at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
