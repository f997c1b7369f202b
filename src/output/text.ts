/** Text that is safe to show, and values in the units that people read. */
import { LeanPickleError } from "../errors.ts";

/**
 * What a terminal would act on, or show in another order than it stands, or not at all: control
 * characters (C0 but tab and newline, DEL, C1), marks of direction and other invisible ones of
 * Unicode's category Cf, line separators.
 */
const UNSAFE = /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text from outside (names, goals, what Lean says), with what a terminal acts on made visible. */
export function printable(text: string): string {
  return text.replace(UNSAFE, escapeCharacter);
}

/** As {@link printable}, on one line. */
export function printableLine(text: string): string {
  return printable(text.replace(/\s+/g, " ").trim());
}

/**
 * A JSON document that is safe to show: nothing in it is lost.
 * @param indent the spaces of a level; 0 for a document on one line
 */
export function printableJson(value: unknown, indent = 2): string {
  return stringify(value, indent).replace(UNSAFE, escapeCharacter);
}

/** @throws {LeanPickleError} `unprintable`: what can be parsed can be nested too deeply for this */
function stringify(value: unknown, indent: number): string {
  try {
    return JSON.stringify(value, null, indent);
  } catch (error) {
    if (error instanceof RangeError) {
      const message = `It cannot be shown as JSON: ${error.message}.`;
      throw new LeanPickleError("unprintable", message, { cause: error });
    }
    throw error;
  }
}

/** As JSON has it, which is in two parts for what lies beyond the first 65,536 characters. */
function escapeCharacter(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}

const BYTE_UNITS = ["B", "kB", "MB", "GB", "TB"];

/** A size in decimal units: `512 B`, `3.4 kB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** How many bytes things have together. */
export function totalBytes(sized: readonly { bytes?: number }[]): number {
  return sized.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
}

const AGE_UNITS: [seconds: number, unit: string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
];

/** How long ago something was, in the largest whole unit: `5s`, `3m`, `2h`, `40d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  for (const [length, unit] of AGE_UNITS) {
    if (seconds >= length) {
      return `${Math.floor(seconds / length)}${unit}`;
    }
  }
  return `${seconds}s`;
}

/** A duration: `34 ms`, `1.2 s`, `2 m 5 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) {
    return `${Math.round(milliseconds)} ms`;
  }
  const seconds = milliseconds / 1000;
  return seconds < 60
    ? `${seconds.toFixed(1)} s`
    : `${Math.floor(seconds / 60)} m ${Math.floor(seconds % 60)} s`;
}

/** How long work has taken so far, in whole seconds: `0 s`, `34 s`, `2 m 5 s`. */
export function formatElapsed(milliseconds: number): string {
  return milliseconds < 60_000
    ? `${Math.floor(milliseconds / 1000)} s`
    : formatDuration(milliseconds);
}

/** `1 state`, `2 states`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
