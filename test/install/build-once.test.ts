import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type BuildPlace, type BuildWork, buildOnce } from "../../src/install/build-once.ts";
import { temporaryFolder } from "../support/folders.ts";

describe("buildOnce", () => {
  let root: string;
  let place: BuildPlace;
  beforeEach(() => {
    root = temporaryFolder();
    const builds = join(root, "deep", ".builds", "it");
    place = { what: "The build", link: join(root, "deep", "it"), builds };
  });

  const found = (): string => readFileSync(join(place.link, "file"), "utf8");

  /** Writes a text, in two halves. */
  function writes(text: string, more: Partial<BuildWork> = {}): BuildWork {
    return {
      isThere: () => false,
      async build(folder) {
        expect(readdirSync(folder)).toEqual([]);
        writeFileSync(join(folder, "file"), text.slice(0, 1));
        await new Promise((resolve) => setImmediate(resolve));
        writeFileSync(join(folder, "file"), text);
      },
      ...more,
    };
  }

  it("makes the folders for their owner alone, and builds in an empty one", async () => {
    expect(await buildOnce(place, writes("first"), {})).toBe(true);
    expect(found()).toBe("first");
    expect(statSync(join(root, "deep")).mode & 0o777).toBe(0o700);
    expect(statSync(place.link).mode & 0o777).toBe(0o700);
    expect(readdirSync(place.builds).length).toBe(1);
  });

  it("makes nothing where it is there", async () => {
    expect(await buildOnce(place, writes("no", { isThere: () => true }), {})).toBe(false);
    expect(readdirSync(root)).toEqual([]);
  });

  it("builds once for all that ask at the same time", async () => {
    let builds = 0;
    const work = writes("once", { isThere: () => existsSync(place.link) });
    const counting: BuildWork = {
      ...work,
      async build(folder) {
        builds++;
        await work.build(folder);
      },
    };
    const all = await Promise.all([1, 2, 3, 4].map(() => buildOnce(place, counting, {})));
    expect([all.filter(Boolean).length, builds]).toEqual([1, 1]);
  });

  it("is never found half, and the one before is gone when the next one is there", async () => {
    await buildOnce(place, writes("first"), {});
    const work = writes("second");
    await buildOnce(
      place,
      {
        ...work,
        async build(folder) {
          await work.build(folder);
          expect(found()).toBe("first");
        },
      },
      {},
    );
    expect(found()).toBe("second");
    expect(readdirSync(place.builds).length).toBe(1);
  });

  it.each<[string, (controller: AbortController) => void]>([
    [
      "fails",
      () => {
        throw new Error("stop");
      },
    ],
    ["is interrupted at its end", (controller) => controller.abort(new Error("stop"))],
  ])("leaves all as it was where the work %s", async (_, end) => {
    await buildOnce(place, writes("first"), {});
    const controller = new AbortController();
    const work = writes("second");
    const failing = {
      ...work,
      async build(folder: string) {
        await work.build(folder);
        end(controller);
      },
    };
    await expect(buildOnce(place, failing, { signal: controller.signal })).rejects.toThrow("stop");
    expect(found()).toBe("first");
    expect(readdirSync(place.builds).length).toBe(1);
  });

  it("removes what was left, but nothing that is no build", async () => {
    const kept = join(root, "deep", "kept");
    mkdirSync(kept, { recursive: true });
    mkdirSync(join(place.builds, "build-left", "deep"), { recursive: true });
    writeFileSync(join(place.builds, "build-left.link"), "");
    mkdirSync(join(place.builds, "other"));
    // Somebody else's hands made a link that leads anywhere.
    symlinkSync(join(place.builds, ".."), place.link);
    await buildOnce(place, writes("first"), {});
    expect(found()).toBe("first");
    expect(existsSync(kept)).toBe(true);
    expect(readdirSync(place.builds).sort()).toEqual([expect.stringMatching(/^build-/), "other"]);
  });

  it("says who builds it where that takes too long", async () => {
    let begun = (): void => {};
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let finish = (): void => {};
    const mayFinish = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const slow = writes("slow", {
      async build() {
        begun();
        await mayFinish;
      },
    });
    const first = buildOnce(place, slow, {});
    await hasBegun;
    await expect(buildOnce(place, writes("no"), { lockTimeout: 0.01 })).rejects.toMatchObject({
      code: "cache-locked",
      message: expect.stringContaining(`The build was locked for 0.01 s by process ${process.pid}`),
    });
    finish();
    expect(await first).toBe(true);
  });
});
