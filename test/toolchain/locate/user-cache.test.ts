import { afterEach, describe, expect, it, vi } from "vitest";
import { userCacheFolder } from "../../../src/toolchain/locate/user-cache.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("userCacheFolder", () => {
  it.each<[NodeJS.Platform, Record<string, string>, string | undefined]>([
    ["linux", { XDG_CACHE_HOME: "/caches" }, "/caches/lean-pickle"],
    ["darwin", { XDG_CACHE_HOME: "/caches" }, "/caches/lean-pickle"],
    ["win32", { XDG_CACHE_HOME: "/caches" }, "/caches/lean-pickle"],
    ["linux", { XDG_CACHE_HOME: "caches" }, "/home/me/.cache/lean-pickle"],
    ["linux", { XDG_CACHE_HOME: "" }, "/home/me/.cache/lean-pickle"],
    ["darwin", {}, "/home/me/Library/Caches/lean-pickle"],
    ["win32", { LOCALAPPDATA: "/local" }, "/local/lean-pickle/Cache"],
    ["win32", {}, "/home/me/AppData/Local/lean-pickle/Cache"],
    ["linux", { HOME: "not/absolute" }, undefined],
    ["win32", { HOME: "not/absolute" }, undefined],
  ])("on %s with %j is %s", (platform, env, expected) => {
    const all = { XDG_CACHE_HOME: undefined, LOCALAPPDATA: undefined, HOME: "/home/me", ...env };
    for (const [name, value] of Object.entries(all)) {
      vi.stubEnv(name, value);
    }
    expect(userCacheFolder(platform)).toBe(expected);
  });
});
