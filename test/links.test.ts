/** Links between the Markdown files of the project lead somewhere. */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { readDocument, root } from "./support/documents.ts";

const FILES = ["", "docs/", "test/simulated-repl/"].flatMap((folder) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${folder}${name}`),
);

/** The text without its code. */
function proseOf(text: string): string {
  return text
    .replace(/^```.*?^```/gms, "")
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]]/g, ""));
}

/** The anchors of a file's headings, as GitHub makes them. */
function anchorsOf(file: string): Set<string> {
  const headings = proseOf(readDocument(file)).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

/** Why a link of a file leads nowhere; undefined if it does not. */
function findProblem(file: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? file : normalize(join(dirname(file), decodeURI(path)));
  if (!existsSync(join(root, target))) {
    return `${file}: there is no ${target}`;
  }
  return anchor === undefined || anchorsOf(target).has(anchor)
    ? undefined
    : `${file}: ${target} has no heading ${anchor}`;
}

describe("links between Markdown files", () => {
  it.each(FILES)("of %s lead to files and headings that there are", (file) => {
    const links = [...proseOf(readDocument(file)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link));
    expect(links.flatMap((link) => findProblem(file, link) ?? [])).toEqual([]);
  });

  it("lead from the README to every file of docs/", () => {
    const readme = readDocument("README.md");
    const missing = FILES.filter(
      (file) => file.startsWith("docs/") && !readme.includes(`(${file}`),
    );
    expect(missing).toEqual([]);
  });
});
