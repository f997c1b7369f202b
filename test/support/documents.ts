/** The Markdown files for users, and what stands in them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The files with examples for users, relative to the project: the README, and all of `docs/`. */
export const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The text of a file of the project. */
export function readDocument(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** The fenced blocks of a kind, such as `console`, in order, without their fences. */
export function blocksOf(text: string, kind: string): string[] {
  const fence = new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\``, "gms");
  return [...text.matchAll(fence)].map(([, block]) => block ?? "");
}

/** A command as it is typed, and all that a terminal shows of it. */
export interface Example {
  command: string;
  shown: string;
}

/** The commands of the `console` blocks of a text, in order. */
export function examplesOf(text: string): Example[] {
  const parts = blocksOf(text, "console").flatMap((block) => block.split(/^\$ /m).slice(1));
  return parts.map((part) => {
    const [command = "", ...shown] = part.split("\n");
    return { command, shown: shown.join("\n") };
  });
}

/** The part of a text below a heading of the second level, up to the next such heading. */
export function sectionOf(text: string, heading: string): string {
  const [, part = ""] = text.split(new RegExp(`^## ${heading}\\n`, "m"));
  return part.split(/^## /m)[0] ?? "";
}
