import { cpSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { headRevision } from "../../../src/toolchain/locate/git-revision.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { commitAll, file, git } from "../../support/lean-places.ts";

let checkout: string;
let commit: string;

beforeEach(() => {
  checkout = temporaryFolder();
  commit = commitAll(checkout);
});

describe("headRevision", () => {
  it("is the commit of the branch that is checked out", () => {
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(headRevision(checkout)).toBe(commit);
  });

  it("is the commit that is checked out without a branch", () => {
    git(checkout, "checkout", "--detach");
    expect(headRevision(checkout)).toBe(commit);
  });

  it("is found among packed refs, and in a loose one before them", () => {
    git(checkout, "tag", "-a", "-m", "a tag", "v1");
    git(checkout, "pack-refs", "--all");
    expect(existsSync(join(checkout, ".git/refs/heads/main"))).toBe(false);
    expect(headRevision(checkout)).toBe(commit);
    git(checkout, "commit", "--allow-empty", "-m", "another");
    expect(headRevision(checkout)).toBe(git(checkout, "rev-parse", "HEAD"));
    expect(headRevision(checkout)).not.toBe(commit);
  });

  it("is that of the worktree, not of the repository it belongs to", () => {
    const worktree = join(temporaryFolder(), "worktree");
    git(checkout, "worktree", "add", "-b", "other", worktree);
    git(worktree, "commit", "--allow-empty", "-m", "another");
    const other = git(worktree, "rev-parse", "HEAD");
    expect(headRevision(worktree)).toBe(other);
    git(worktree, "pack-refs", "--all");
    expect(headRevision(worktree)).toBe(other);
    expect(headRevision(checkout)).toBe(commit);
  });

  it("is that of a submodule", () => {
    const outer = temporaryFolder();
    git(outer, "init");
    git(outer, "submodule", "add", checkout, "repl");
    expect(headRevision(join(outer, "repl"))).toBe(commit);
  });

  it("is that of a repository with SHA-256 names", () => {
    const other = temporaryFolder();
    git(other, "init", "--object-format=sha256");
    git(other, "commit", "--allow-empty", "-m", "a commit");
    expect(headRevision(other)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is the same wherever the checkout lies", () => {
    const copy = join(temporaryFolder(), "copy");
    cpSync(checkout, copy, { recursive: true });
    expect(headRevision(copy)).toBe(commit);
  });

  it.each([
    ["a branch without commits", "ref: refs/heads/none\n"],
    ["a ref that names itself", "ref: refs/heads/loop\n"],
    ["a path out of the repository", "ref: refs/../../../secret\n"],
    ["no commit", "0123\n"],
    ["nothing", ""],
  ])("is not known where HEAD is %s", (_what, head) => {
    file(join(checkout, ".git/refs/heads/loop"), "ref: refs/heads/loop\n");
    writeFileSync(join(checkout, ".git/HEAD"), head);
    expect(headRevision(checkout)).toBeNull();
  });

  it("is not known where there is no repository, or its file names none", () => {
    const folder = temporaryFolder();
    expect(headRevision(folder)).toBeNull();
    file(join(folder, ".git"), "gitdir: nowhere\n");
    expect(headRevision(folder)).toBeNull();
  });
});
