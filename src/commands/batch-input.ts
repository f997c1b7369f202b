/** Additions as JSON Lines: one a line. */
import * as v from "valibot";
import { problemsIn } from "../session/batch-check.ts";
import type { BatchItem } from "../session/batch-item.ts";
import { readSources } from "./input.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999_999_999));

/** Each field means what the option of that name means. */
const lineSchema = v.strictObject({
  /** Code, as with -c. */
  cmd: v.optional(v.string()),
  /** A file with code. */
  path: v.optional(v.pipe(v.string(), v.nonEmpty())),
  /** A name given earlier in the batch, else a state of the cache; a session id may be a number. */
  from: v.optional(v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.integer())])),
  sorry: v.optional(v.union([count, v.literal("all")])),
  tactics: v.optional(v.array(v.string())),
  name: v.optional(v.string()),
  allowErrors: v.optional(v.boolean()),
});

type BatchLine = v.InferOutput<typeof lineSchema>;

/**
 * Reads a batch from JSON Lines; empty lines are skipped, and counted.
 * @param file where it is from; - is standard input
 * @param defaults what holds for every line that does not say otherwise
 * @throws {LeanPickleError} `usage`, with the numbers of the lines that are not understood
 */
export async function readBatch(
  file: string,
  defaults: { allowErrors?: boolean | undefined },
  signal: AbortSignal,
): Promise<BatchItem[]> {
  const [source] = await readSources([file], [], signal);
  const items: BatchItem[] = [];
  const problems: string[] = [];
  for (const [index, text] of (source?.text ?? "").split("\n").entries()) {
    const line = index + 1;
    if (text.trim() === "") {
      continue;
    }
    const parsed = parseLine(text);
    if (typeof parsed === "string") {
      problems.push(`line ${line}: ${parsed}`);
    } else {
      items.push(itemOf(parsed, line, defaults, signal));
    }
  }
  if (problems.length > 0) {
    throw problemsIn(problems);
  }
  return items;
}

/** A line, or a clause that says what is wrong with it. */
function parseLine(text: string): BatchLine | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `it is not JSON (${(error as SyntaxError).message})`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "it is not a JSON object";
  }
  const checked = v.safeParse(lineSchema, value);
  if (!checked.success) {
    const [issue] = checked.issues;
    return `${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
  }
  const { cmd, path } = checked.output;
  return cmd !== undefined && path !== undefined
    ? "it has both a cmd and a path: put them on two lines"
    : checked.output;
}

function itemOf(
  { cmd, path, from, tactics = [], ...rest }: BatchLine,
  line: number,
  defaults: { allowErrors?: boolean | undefined },
  signal: AbortSignal,
): BatchItem {
  return {
    ...defaults,
    ...rest,
    line,
    tactics,
    from: from === undefined ? undefined : String(from),
    readCode: async () => {
      if (cmd !== undefined) {
        return [{ source: `<line ${line}>`, text: cmd }];
      }
      return path === undefined ? [] : await readSources([path], [], signal);
    },
  };
}
