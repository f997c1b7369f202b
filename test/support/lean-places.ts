/** Projects and REPLs as they lie on a disk, for what only looks at files. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { temporaryFolder } from "./folders.ts";

/** Writes a file, and the folders on its way. */
export function file(path: string, text = ""): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** Writes an executable file, and the folders on its way. */
export function executable(path: string, text = "#!/bin/sh\n"): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o755 });
  return path;
}

/** For the test, an environment that says nothing of Lean, with a home and a cache folder of its own. */
export function stubLeanEnvironment(): string {
  onTestFinished(() => void vi.unstubAllEnvs());
  const cache = temporaryFolder();
  vi.stubEnv("XDG_CACHE_HOME", cache);
  vi.stubEnv("HOME", temporaryFolder());
  vi.stubEnv("ELAN_HOME", undefined);
  vi.stubEnv("ELAN_TOOLCHAIN", undefined);
  vi.stubEnv("LEAN_PATH", undefined);
  return cache;
}

/** Runs git in a folder as nobody in particular, whatever the user's settings are. */
export function git(folder: string, ...args: string[]): string {
  const own = ["user.name=nobody", "user.email=nobody@example.invalid", "commit.gpgsign=false"];
  const settings = [...own, "init.defaultBranch=main", "protocol.file.allow=always"];
  return execFileSync("git", [...settings.flatMap((one) => ["-c", one]), ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

/** Makes a folder a repository with a commit of all that is in it, and returns the commit. */
export function commitAll(folder: string): string {
  git(folder, "init");
  git(folder, "add", "--all");
  git(folder, "commit", "--allow-empty", "-m", "a commit");
  return git(folder, "rev-parse", "HEAD");
}

/** The toolchain of {@link replCheckout}. */
export const TOOLCHAIN = "leanprover/lean4:v4.33.0";

/** A checkout of the REPL in which it was built. */
export function replCheckout(): string {
  const checkout = temporaryFolder();
  file(join(checkout, "lean-toolchain"), `${TOOLCHAIN}\n`);
  file(join(checkout, ".gitignore"), ".lake\n");
  commitAll(checkout);
  executable(join(checkout, ".lake/build/bin/repl"));
  file(join(checkout, ".lake/build/bin/repl.trace"), '{"depHash": "1234", "log": []}');
  return checkout;
}
