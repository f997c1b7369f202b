import { randomInt } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { backupPath } from "../../../src/store/disk/layout.ts";
import { type Verification, verifyCache } from "../../../src/store/maintenance/verify.ts";
import { updateManifest } from "../../../src/store/manifest/update-manifest.ts";
import { temporaryFolder } from "../../support/folders.ts";
import { anyManifest, anyState } from "../../support/manifests.ts";
import {
  flipBit,
  makeOld,
  oleanHeader,
  storedStates,
  writeManifest,
} from "../../support/stored-states.ts";
import { startLockHolder } from "../../support/workers.ts";

const HOURS = 3600;

/** What was found, in short. */
function codes({ findings }: Verification): [number | null, string][] {
  return findings.map(({ sessionId, code }) => [sessionId, code]);
}

describe("verifyCache", () => {
  it("finds nothing in a cache that is as it was written, nor in none", async () => {
    const { folder } = storedStates([
      {},
      {},
      { content: Buffer.alloc(3_000_000, oleanHeader("4.33.0")) },
    ]);
    const nothing = { findings: [], notes: [] };
    expect(await verifyCache(folder)).toMatchObject({ states: 3, ...nothing });
    const empty = { states: 0, bytes: 0, ...nothing };
    expect(await verifyCache(temporaryFolder())).toEqual(empty);
  });

  it("finds every one of 1,000 pickles with a flipped bit at a random place, and no other", async () => {
    const { folder, states } = storedStates(
      Array.from({ length: 1100 }, () => ({
        content: Buffer.concat([oleanHeader("4.33.0"), Buffer.alloc(randomInt(1, 5000), 7)]),
      })),
    );
    const flipped = states.filter((_, at) => at % 11 !== 0);
    expect(flipped).toHaveLength(1000);
    for (const { pickleFile, bytes } of flipped) {
      flipBit(join(folder, pickleFile), randomInt(bytes * 8));
    }
    const found = codes(await verifyCache(folder));
    expect(found).toEqual(flipped.map(({ sessionId }) => [sessionId, "pickle-content"]));
  });

  it("finds any flipped bit in a pickle that is read in pieces", async () => {
    const content = Buffer.alloc(2_500_000, 3);
    const { folder, states } = storedStates([{ content }]);
    const path = join(folder, states[0]?.pickleFile ?? "");
    const property = fc.asyncProperty(fc.nat(content.length * 8 - 1), async (bit) => {
      flipBit(path, bit);
      const found = codes(await verifyCache(folder));
      flipBit(path, bit);
      expect(found).toEqual([[-1, "pickle-content"]]);
    });
    await fc.assert(property, { numRuns: 20, examples: [[0], [content.length * 8 - 1]] });
  });

  it("tells each kind of damage apart", async () => {
    const { folder, states } = storedStates(Array.from({ length: 7 }, () => ({})));
    const paths = states.map(({ pickleFile }) => join(folder, pickleFile));
    const [missing = "", shorter = "", link = "", directory = "", socket = "", open = ""] = paths;
    for (const path of [missing, link, directory, socket]) {
      rmSync(path);
    }
    chmodSync(shorter, 0o600);
    truncateSync(shorter, 20);
    symlinkSync(open, link);
    mkdirSync(directory);
    // Made elsewhere: the path of a new socket must be short.
    const server = createServer().listen(join(folder, "socket"));
    onTestFinished(() => void server.close());
    await once(server, "listening");
    renameSync(join(folder, "socket"), socket);
    chmodSync(open, 0o606);
    const { findings } = await verifyCache(folder);
    expect(findings.map(({ sessionId, code, message }) => [sessionId, code, message])).toEqual([
      [-1, "pickle-missing", "The pickle is missing."],
      [-2, "pickle-size", "The pickle has 20 bytes instead of 90."],
      [-3, "pickle-no-file", "The pickle is a link."],
      [-4, "pickle-no-file", "The pickle is no regular file."],
      [-5, "pickle-no-file", "The pickle is no regular file."],
      [-6, "foreign-writer", "It can be written by everyone."],
    ]);
    expect(findings.map(({ path }) => path)).toEqual(paths.slice(0, 6));
  });

  it("compares the header with what the manifest says of Lean, and admits an unknown one", async () => {
    const lean = { toolchain: "x", version: "4.34.0", gitHash: "a".repeat(40) };
    const unknown = { toolchain: "x", version: null, gitHash: null };
    const { folder } = storedStates([
      {},
      { changes: { lean } },
      { changes: { lean: { ...lean, version: "4.33.0", gitHash: "b".repeat(40) } } },
      { changes: { lean: unknown } },
      { content: Buffer.from("nothing that is known") },
      { content: Buffer.from("nothing that is known"), changes: { lean: unknown } },
    ]);
    const { findings, notes } = await verifyCache(folder);
    expect(findings.map(({ sessionId, message }) => [sessionId, message])).toEqual([
      [-2, "Its header names Lean 4.33.0, and the manifest Lean 4.34.0."],
      [
        -3,
        `Its header names commit ${"a".repeat(40)} of Lean, and the manifest commit ${"b".repeat(40)}.`,
      ],
      [-4, "Its header names Lean 4.33.0, and the manifest no Lean."],
      [-5, "Its header names no Lean, and the manifest Lean 4.33.0."],
    ]);
    expect(new Set(findings.map(({ code }) => code))).toEqual(new Set(["pickle-header"]));
    expect(notes).toMatchObject([{ code: "unknown-header", sessionId: -6 }]);
  });

  it("finds garbage that is old, and no finding is what may be in use or is not ours", async () => {
    const { folder } = storedStates([{}]);
    const cache = join(folder, "session_cache");
    const old = [`${"c".repeat(64)}.0123abcd.olean`, "tmp/0123456789abcdef"];
    for (const name of [...old, "tmp/fedcba9876543210.olean", "notes.txt"]) {
      writeFileSync(join(cache, name), "12345");
    }
    for (const name of [...old, "notes.txt"]) {
      makeOld(join(cache, name), 2 * HOURS);
    }
    const { findings, notes } = await verifyCache(folder);
    expect(findings.map(({ code, path, bytes }) => [code, path, bytes])).toEqual(
      old.map((name) => ["garbage", join(cache, name), 5]),
    );
    expect(notes).toMatchObject([{ code: "foreign-file", path: join(cache, "notes.txt") }]);
    // Asked about a state, it says nothing of the rest.
    expect((await verifyCache(folder, { only: [-1] })).findings).toEqual([]);
  });

  it("finds the lock of a process that was killed, and not that of one that lives", async () => {
    const { folder } = storedStates([{}]);
    const worker = await startLockHolder(folder);
    expect(codes(await verifyCache(folder))).toEqual([]);
    worker.child.kill("SIGKILL");
    await worker.ended;
    const { findings } = await verifyCache(folder);
    expect(findings).toMatchObject([{ code: "garbage", message: expect.stringMatching(/lock/) }]);
  });

  it("finds a backup that is damaged, and folders and a manifest that others could have written", async () => {
    const { folder } = storedStates([{}]);
    writeFileSync(backupPath(folder), "junk");
    chmodSync(join(folder, "lean-pickle.json"), 0o666);
    chmodSync(join(folder, "session_cache"), 0o777);
    if (process.geteuid?.() === 0) {
      chownSync(join(folder, "session_cache", "tmp"), 12_345, 12_345);
    }
    const { findings } = await verifyCache(folder);
    expect(findings.map(({ code, message }) => [code, message])).toEqual([
      ["foreign-writer", "It can be written by everyone."],
      ["foreign-writer", "It can be written by everyone."],
      ...(process.geteuid?.() === 0
        ? [["foreign-writer", "It belongs to another user (uid 12345)."]]
        : []),
      [
        "backup-damaged",
        "The backup of the manifest is not usable: it is not JSON. The next change replaces it.",
      ],
    ]);
  });

  it("says of a folder in the backup's place that it keeps the manifest from being changed", async () => {
    const { folder } = storedStates([{}]);
    const backup = backupPath(folder);
    mkdirSync(join(backup, "full"), { recursive: true });
    const { findings } = await verifyCache(folder);
    const problem = `The backup of the manifest is not usable: ${backup} is no regular file.`;
    const message = `${problem} No change can be made before it is moved away.`;
    expect(findings).toMatchObject([{ code: "backup-damaged", message }]);
    await expect(updateManifest(folder, {}, () => {})).rejects.toMatchObject({ code: "EISDIR" });
  });

  it("refuses a manifest that is damaged, and a link in place of the folder", async () => {
    const { folder } = storedStates([{}]);
    writeFileSync(join(folder, "lean-pickle.json"), "junk");
    await expect(verifyCache(folder)).rejects.toMatchObject({ code: "cache-damaged" });
    const linked = temporaryFolder();
    writeManifest(linked, anyManifest([anyState(-1)]));
    symlinkSync(join(folder, "session_cache"), join(linked, "session_cache"));
    await expect(verifyCache(linked)).rejects.toMatchObject({ code: "cache-damaged" });
  });

  it("finds nothing in what others remove or make again meanwhile, but damage of what is new", async () => {
    const { folder, states } = storedStates([{}, {}, {}, {}]);
    const made = storedStates([{ content: Buffer.from("new") }, { content: Buffer.from("newer") }]);
    // The first stays, the second goes, the others get new pickles, the last of them a damaged one.
    const changed = states.flatMap((state, at) => {
      const { bytes, sha256 } = made.states[at - 2] ?? state;
      const lean = { toolchain: null, version: null, gitHash: null };
      const pickleFile = state.pickleFile.replace(/\.\w{8}\./, ".ffffffff.");
      return at === 1 ? [] : [at === 0 ? state : { ...state, bytes, sha256, lean, pickleFile }];
    });
    const change = () => {
      for (const { pickleFile } of states.slice(1)) {
        rmSync(join(folder, pickleFile));
      }
      for (const { pickleFile } of changed.slice(1)) {
        writeFileSync(join(folder, pickleFile), "new");
      }
      writeManifest(folder, anyManifest(changed));
    };
    const looked: number[] = [];
    const verification = await verifyCache(folder, {
      onState({ sessionId }) {
        looked.push(sessionId);
        if (sessionId === -2) {
          change();
        }
      },
    });
    expect(looked).toEqual([-1, -2, -3, -4]);
    expect(codes(verification)).toEqual([[-4, "pickle-size"]]);
    expect(verification.notes).toMatchObject([{ sessionId: -3, code: "unknown-header" }]);
  });

  it("ends when it is interrupted", async () => {
    const { folder } = storedStates([{}, {}]);
    const reason = new Error("interrupted");
    const controller = new AbortController();
    const verification = verifyCache(folder, {
      signal: controller.signal,
      onState: () => controller.abort(reason),
    });
    await expect(verification).rejects.toBe(reason);
  });
});
