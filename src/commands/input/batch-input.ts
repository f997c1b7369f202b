/** Additions as JSON Lines: one a line. */
import { statSync } from "node:fs";
import * as v from "valibot";
import { LeanPickleError } from "../../errors.ts";
import type { CodeSource } from "../../session/add/addition.ts";
import type { BadLine, BatchItem } from "../../session/batch/batch-item.ts";
import { normalizeName } from "../../store/manifest/schema.ts";
import { readSources } from "./input.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(999_999_999));

/** The fields of a line: each means what the option of that name means. */
export const fields = {
  /** Code, as with -c. */
  cmd: v.optional(v.string()),
  /** A file with code. */
  path: v.optional(v.pipe(v.string(), v.nonEmpty(), v.excludes("\0"))),
  /** A name given earlier in the batch, else a state of the cache; a session id may be a number. */
  from: v.optional(v.union([v.pipe(v.string(), v.nonEmpty()), v.pipe(v.number(), v.integer())])),
  sorry: v.optional(v.union([count, v.literal("all")])),
  tactics: v.optional(v.array(v.string())),
  name: v.optional(v.string()),
  allowErrors: v.optional(v.boolean()),
};

const lineSchema = v.object(fields);

type BatchLine = v.InferOutput<typeof lineSchema>;

/** What a field must be, for a person. */
const WANTED: Record<keyof typeof fields, string> = {
  cmd: "a text",
  path: "the name of a file",
  from: "a name, a session id or a key",
  sorry: 'a number from 0, or "all"',
  tactics: "a list of texts",
  name: "a text",
  allowErrors: "true or false",
};

/** What was read of a batch: the lines that are understood, and the others. */
export interface BatchInput {
  items: BatchItem[];
  bad: BadLine[];
}

/**
 * Reads a batch from JSON Lines; empty lines are skipped, and counted.
 * @param file where it is from; - is standard input
 * @param defaults what holds for every line that does not say otherwise
 * @throws {LeanPickleError} `unreadable-input`
 */
export async function readBatch(
  file: string,
  defaults: { allowErrors?: boolean | undefined },
  signal: AbortSignal,
): Promise<BatchInput> {
  const [source] = await readSources([file], [], signal);
  const items: BatchItem[] = [];
  const bad: BadLine[] = [];
  // The mark of UTF-8 with which some programs begin a file is no part of the first line.
  const lines = (source?.text ?? "").replace(/^\uFEFF/, "").split("\n");
  for (const [index, text] of lines.entries()) {
    const line = index + 1;
    if (text.trim() === "") {
      continue;
    }
    const parsed = parseLine(text);
    if ("problem" in parsed) {
      bad.push({ line, ...parsed });
    } else {
      items.push(itemOf(parsed.addition, line, defaults, signal));
    }
  }
  return { items, bad };
}

/** An addition, or what is wrong with its line. */
function parseLine(text: string): { addition: BatchLine } | Omit<BadLine, "line"> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `it is not JSON (${(error as SyntaxError).message})` };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: "it is not a JSON object" };
  }
  const checked = v.safeParse(lineSchema, value);
  const problems = problemsOf(value, checked.issues ?? []);
  if (checked.success && problems.length === 0) {
    return { addition: checked.output };
  }
  const { name, sorry } = value as { name?: unknown; sorry?: unknown };
  const called = typeof name === "string" ? { name, sorry } : {};
  return { problem: problems.join("; "), ...called };
}

/** What is wrong with the fields of a line, each in a clause. */
function problemsOf(value: object, issues: readonly v.BaseIssue<unknown>[]): string[] {
  const unknown = Object.keys(value).filter((field) => !Object.hasOwn(fields, field));
  const wrong = new Set(issues.map((issue) => v.getDotPath(issue)?.replace(/\..*$/, "") ?? ""));
  const problems = [
    ...unknown.map((field) => {
      const known = Object.keys(fields).join(", ");
      return `${JSON.stringify(field)} is no field of an addition: ${known}`;
    }),
    ...[...wrong].map((field) => `"${field}" must be ${WANTED[field as keyof typeof fields]}`),
  ];
  const { cmd, path } = value as { cmd?: unknown; path?: unknown };
  if (cmd !== undefined && path !== undefined) {
    problems.push("it has both a cmd and a path: put them on two lines");
  }
  if (!isWellFormed(value)) {
    problems.push("it holds half of a surrogate pair, which no text of Lean can hold");
  }
  if (path === "-") {
    problems.push('"path" cannot be standard input: put the code into "cmd"');
  }
  return problems;
}

/** Whether the texts of a line are Unicode: they stand in its fields, or in lists there. */
function isWellFormed(value: object): boolean {
  const parts: unknown[] = Object.values(value).flat();
  return parts.every((part) => typeof part !== "string" || !/\p{Cs}/u.test(part));
}

function itemOf(
  { cmd, path, from, tactics = [], name, ...rest }: BatchLine,
  line: number,
  defaults: { allowErrors?: boolean | undefined },
  signal: AbortSignal,
): BatchItem {
  return {
    ...defaults,
    ...rest,
    line,
    tactics,
    from: from === undefined ? undefined : normalizeName(String(from)),
    ...(name !== undefined && { name: normalizeName(name) }),
    readCode: async () => {
      if (cmd !== undefined) {
        return [{ source: `<line ${line}>`, text: cmd }];
      }
      return path === undefined ? [] : await readFileTwice(path, signal);
    },
  };
}

/** What is read for the check is read again when the line is run: that only a file allows. */
async function readFileTwice(path: string, signal: AbortSignal): Promise<CodeSource[]> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isFile()) {
    throw new LeanPickleError("unreadable-input", `${path} is no regular file.`);
  }
  return await readSources([path], [], signal);
}
