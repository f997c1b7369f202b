/** Sizes and times as people type them. */
import { InvalidArgumentError } from "commander";

/** By their names in lower case, in bytes: decimal units, and those of powers of two with an `i`. */
const BYTES: Record<string, number> = { "": 1, b: 1 };
for (const [at, letter] of ["k", "m", "g", "t", "p"].entries()) {
  const decimal = 1000 ** (at + 1);
  const binary = 1024 ** (at + 1);
  Object.assign(BYTES, { [letter]: decimal, [`${letter}b`]: decimal });
  Object.assign(BYTES, { [`${letter}i`]: binary, [`${letter}ib`]: binary });
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** By their names, in milliseconds. Not months or years: `m` would be two things. */
const MILLISECONDS: Record<string, number> = {
  ...named(SECOND, "s", "sec", "secs", "second", "seconds"),
  ...named(MINUTE, "m", "min", "mins", "minute", "minutes"),
  ...named(HOUR, "h", "hour", "hours"),
  ...named(DAY, "d", "day", "days"),
  ...named(7 * DAY, "w", "week", "weeks"),
};

function named(length: number, ...names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, length]));
}

/** A number as people and programs write it: `5`, `1.5`, `.5`, `1e9`. */
const NUMBER = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?/i;

/**
 * Reads a size from the command line: `5GB` (10^9 bytes each), `500MiB` (2^20 each), `1.5G`, `1e9`,
 * in capital letters or not.
 * @returns whole bytes, rounded down
 */
export function parseSize(text: string): number {
  const { value, unit } = split(text, "A size is needed, such as 5GB or 500MiB");
  const bytes = lookUp(BYTES, unit.toLowerCase());
  if (bytes === undefined) {
    throw new InvalidArgumentError(
      `${value} of what? "${unit}" is no unit of size: 5GB is 5000000000 bytes, 5GiB is 5368709120.`,
    );
  }
  return checkRange(Math.floor(value * bytes), text);
}

/**
 * Reads a time from the command line: `30d`, `12h`, `2w`, `90m` (minutes), `45s`.
 * @returns milliseconds
 */
export function parseAge(text: string): number {
  const { value, unit } = split(text, "A time is needed, such as 30d or 12h");
  const length = lookUp(MILLISECONDS, unit.toLowerCase());
  if (length === undefined) {
    const what = unit === "" ? "No unit is given" : `"${unit}" is no unit of time`;
    throw new InvalidArgumentError(
      `${value} of what? ${what}: s, m (minutes), h, d and w (weeks) are, as in ${value}d.`,
    );
  }
  return checkRange(value * length, text);
}

function split(text: string, needed: string): { value: number; unit: string } {
  const trimmed = text.trim();
  const [digits] = NUMBER.exec(trimmed) ?? [];
  if (digits === undefined) {
    throw new InvalidArgumentError(`${needed}.`);
  }
  return { value: Number(digits), unit: trimmed.slice(digits.length).trim() };
}

function lookUp(units: Record<string, number>, name: string): number | undefined {
  return Object.hasOwn(units, name) ? units[name] : undefined;
}

function checkRange(value: number, text: string): number {
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new InvalidArgumentError(`${text.trim()} is more than can be counted.`);
  }
  return value;
}
