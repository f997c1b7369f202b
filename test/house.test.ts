/** The house: imports run downwards, and no files import each other in a circle. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src/", import.meta.url));

/** The floors of the house, from the top down. What shares a floor may not import each other. */
const FLOORS = [
  ["cli.ts", "index.ts"],
  ["commands"],
  ["doctor", "install"],
  ["session"],
  ["remote", "store", "toolchain"],
  ["repl"],
  ["recipe"],
  ["output"],
  ["system"],
  ["errors.ts"],
];

/** The imports between rooms of one floor that are wanted. */
const WANTED = new Set(["install doctor"]);

/** Folders that hold one file for each of many like things. */
const LARGE = new Set(["commands", "toolchain/locate"]);
const MOST_FILES = 13;

const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) =>
  file.endsWith(".ts"),
);

/** The files that a file imports, types too. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  return [...text.matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g)].map(([, path = ""]) =>
    relative(src, resolve(dirname(join(src, file)), path)),
  );
}

const imports = new Map(files.map((file) => [file, importsOf(file)]));

const roomOf = (file: string): string => file.split("/")[0] ?? "";
const floorOf = (file: string): number => FLOORS.findIndex((rooms) => rooms.includes(roomOf(file)));

describe("the house", () => {
  it("has a floor for every file", () => {
    expect(files.filter((file) => floorOf(file) === -1)).toEqual([]);
  });

  it("has no import upwards, nor from one room to another of the same floor", () => {
    const bad = [...imports].flatMap(([file, paths]) =>
      paths
        .filter((path) => {
          const isOwn = roomOf(path) === roomOf(file);
          const isWanted = WANTED.has(`${roomOf(file)} ${roomOf(path)}`);
          return !isOwn && !isWanted && floorOf(path) <= floorOf(file);
        })
        .map((path) => `${file} imports ${path}`),
    );
    expect(bad).toEqual([]);
  });

  it("has no circle of imports", () => {
    const done = new Set<string>();
    const circles: string[] = [];
    const walk = (file: string, path: string[]): void => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
      } else if (!done.has(file)) {
        for (const next of imports.get(file) ?? []) {
          walk(next, [...path, file]);
        }
        done.add(file);
      }
    };
    for (const file of files) {
      walk(file, []);
    }
    expect(circles).toEqual([]);
  });

  it("has rooms in which a file is found at a glance", () => {
    const count = new Map<string, number>();
    for (const file of files) {
      count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1);
    }
    const full = [...count].filter(([room, many]) => !LARGE.has(room) && many > MOST_FILES);
    expect(full).toEqual([]);
  });
});
