import { execFileSync } from "node:child_process";
import { appendFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSources } from "../../../src/commands/input/input.ts";
import { temporaryFolder } from "../../support/folders.ts";

const never = new AbortController().signal;

/** A pipe in a folder of its own. */
function pipe(): string {
  const path = join(temporaryFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  return path;
}

describe("readSources", () => {
  it("waits for the writer of a pipe, and reads all that it writes", async () => {
    const path = pipe();
    const text = "def f := 42\n".repeat(20_000);
    const reading = readSources([path], [], never);
    const writing = import("node:fs/promises").then(({ writeFile }) => writeFile(path, text));
    expect(await reading).toEqual([{ source: path, text }]);
    await writing;
  });

  it("can be interrupted while a pipe has no writer", async () => {
    const controller = new AbortController();
    const reading = readSources([pipe()], [], controller.signal);
    controller.abort(new Error("enough"));
    await expect(reading).rejects.toThrow("enough");
  });

  it.each([
    ["a file without an end", () => "/dev/zero"],
    [
      "a file that is too large",
      () => {
        const path = join(temporaryFolder(), "large");
        writeFileSync(path, "");
        truncateSync(path, 3 * 2 ** 30);
        return path;
      },
    ],
  ])("refuses %s", async (_, make) => {
    const path = make();
    await expect(readSources([path], [], never)).rejects.toMatchObject({
      code: "unreadable-input",
      message: `${path} has more than 256 MiB, or never ends.`,
    });
  });

  it("reads an empty file, and one of many pieces, as they are", async () => {
    const empty = join(temporaryFolder(), "empty");
    appendFileSync(empty, "");
    const long = join(temporaryFolder(), "long");
    const text = "⊢ p ∧ q\n".repeat(50_000);
    writeFileSync(long, text);
    const sources = await readSources([empty, long], [], never);
    expect(sources.map((source) => source.text)).toEqual(["", text]);
  });

  it("names the file that cannot be read", async () => {
    const folder = temporaryFolder();
    for (const [path, problem] of [
      [folder, "illegal operation on a directory (EISDIR)"],
      [join(folder, "none"), "no such file or directory (ENOENT)"],
    ] as const) {
      await expect(readSources([path], [], never)).rejects.toMatchObject({
        code: "unreadable-input",
        message: expect.stringMatching(new RegExp(`${path}: ${problem.replace(/[()]/g, "\\$&")}`)),
      });
    }
  });
});
