import { existsSync, lstatSync, readdirSync, realpathSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { LeanServer } from "../../src/repl/lean-server.ts";
import { executable, file } from "../support/lean-places.ts";
import { isRunning } from "../support/processes.ts";
import type { Running } from "../support/program.ts";
import { mixedMirror, SetupPlace } from "../support/repl-sources.ts";
import { until } from "../support/wait.ts";

describe("several lean-pickle setups", () => {
  let place: SetupPlace;
  let args: string[];
  beforeEach(() => {
    place = new SetupPlace();
    args = ["--lean", "v4.31.0", "--from", mixedMirror()];
  });

  /** Starts one that stays for ever in the middle of what a tool does, and ends it with a signal. */
  async function endIn(tool: "git" | "lake", signal: NodeJS.Signals, env: NodeJS.ProcessEnv) {
    const running = place.start(args, { env });
    await until(() => place.hangs(tool), `${tool} hangs`);
    const pids = [...place.gits("fetch"), ...place.builds()].map((line) =>
      Number.parseInt(line, 10),
    );
    const alive = pids.filter(isRunning);
    onTestFinished(() => {
      for (const pid of alive.filter(isRunning)) {
        process.kill(pid, "SIGKILL");
      }
    });
    expect(alive.length).toBeGreaterThan(0);
    expect(place.left("v4.31.0").filter((name) => name.startsWith("build-")).length).toBe(1);
    expect(existsSync(place.folder("v4.31.0"))).toBe(false);
    running.child.kill(signal);
    return { ...(await running.ended), alive };
  }

  const HANGS: ["git" | "lake", NodeJS.ProcessEnv][] = [
    ["git", { GIT_HANGS: "fetch" }],
    ["lake", { LAKE_HANGS: "1" }],
  ];

  it("build it once, ten at once: the others wait, and find it", async () => {
    const ended = await Promise.all(Array.from({ length: 10 }, () => place.json(args)));
    expect(ended.filter(({ built }) => built).length).toBe(1);
    expect(new Set(ended.map(({ repl }) => repl)).size).toBe(1);
    expect(place.gits("fetch").length).toBe(1);
    expect(place.gits("ls-remote").length).toBe(1);
    expect(place.builds().length).toBe(1);
    expect(place.left("v4.31.0").length).toBe(1);
  });

  it("say for whom they wait, and give up in the end", async () => {
    const first = place.start(args, { env: { GIT_HANGS: "fetch" } });
    await until(() => place.hangs("git"), "git hangs");
    const second = await place.run([...args, "--lock-timeout", "1.2"]);
    expect(second.code).toBe(11);
    expect(second.stderr).toContain(`Waiting for process ${first.child.pid} on `);
    expect(second.stderr).toMatch(/The build of the REPL for leanprover\/lean4:v4.31.0 was locked/);
    unlinkSync(join(place.root, "git.log.hangs"));
    expect((await first.ended).code).toBe(0);
  });

  it("build for different Leans at the same time", async () => {
    const first = place.start(args, { env: { GIT_HANGS: "fetch" } });
    await until(() => place.hangs("git"), "git hangs");
    const other = ["--lean", "v4.32.0", ...args.slice(2)];
    expect(await place.json(other)).toMatchObject({ built: true });
    unlinkSync(join(place.root, "git.log.hangs"));
    expect((await first.ended).code).toBe(0);
  });

  it.each(HANGS)("begin clean after one that was killed in the middle of %s", async (tool, env) => {
    await endIn(tool, "SIGKILL", env);
    const [left = ""] = place.left("v4.31.0").filter((name) => name.startsWith("build-"));
    const next = await place.json(args);
    expect(next).toMatchObject({ built: true });
    expect(place.left("v4.31.0")).not.toContain(left);
    expect(place.left("v4.31.0").length).toBe(1);
  });

  it.each(HANGS)(
    "end %s with all that it started, and leave nothing, on SIGINT",
    async (tool, env) => {
      const { code, stderr, alive } = await endIn(tool, "SIGINT", env);
      expect(code).toBe(130);
      // It was said before it was done.
      expect(stderr).toMatch(/from .*repl.git\n +at +v4.31.0\n +to +.*v4.31.0\n/);
      await until(() => !alive.some(isRunning), "all have ended");
      expect(place.left("v4.31.0")).toEqual([]);
      expect(readdirSync(place.temporary)).toEqual([".keep"]);
      expect(existsSync(place.folder("v4.31.0"))).toBe(false);
    },
  );

  it("stop waiting on SIGTERM", async () => {
    const first = place.start(args, { env: { GIT_HANGS: "fetch" } });
    await until(() => place.hangs("git"), "git hangs");
    const second: Running = place.start(args);
    let told = "";
    second.child.stderr?.on("data", (chunk: Buffer) => {
      told += chunk;
    });
    await until(() => told.includes("Waiting for"), "it waits");
    second.child.kill("SIGTERM");
    expect((await second.ended).code).toBe(143);
    first.child.kill("SIGTERM");
    expect((await first.ended).code).toBe(143);
  });
});

describe("lean-pickle setup --force", () => {
  let place: SetupPlace;
  let args: string[];
  beforeEach(() => {
    place = new SetupPlace();
    args = ["--lean", "v4.31.0", "--from", mixedMirror(), "--force"];
  });

  it("replaces the REPL at once, and one that runs from the old one goes on", async () => {
    const { repl } = await place.json(args);
    const server = new LeanServer({ command: String(repl) });
    onTestFinished(() => server.close());
    expect(await server.run({ cmd: "def f := 1" })).toEqual({ env: 0 });
    const before = realpathSync(String(repl));
    expect(await place.json(args)).toMatchObject({ built: true, repl });
    expect(realpathSync(String(repl))).not.toBe(before);
    expect(existsSync(before)).toBe(false);
    expect(await server.run({ cmd: "example : f = 1 := by rfl", env: 0 })).toEqual({ env: 1 });
    expect(place.left("v4.31.0").length).toBe(1);
  });

  it("keeps the old one where the new one does not come to its end", async () => {
    const { repl } = await place.json(args);
    const before = realpathSync(String(repl));
    expect((await place.run(args, { env: { LAKE_FAILS: "no" } })).code).toBe(5);
    const running = place.start(args, { env: { LAKE_HANGS: "1" } });
    await until(() => place.hangs("lake"), "lake hangs");
    running.child.kill("SIGTERM");
    expect((await running.ended).code).toBe(143);
    expect(realpathSync(String(repl))).toBe(before);
    expect(place.left("v4.31.0").length).toBe(1);
  });

  it("replaces a folder, too, that somebody put there", async () => {
    const folder = place.folder("v4.31.0");
    file(join(folder, "lean-toolchain"), "leanprover/lean4:v4.31.0\n");
    executable(join(folder, ".lake/build/bin/repl"));
    expect(await place.json(args.slice(0, -1))).toMatchObject({ built: false, source: null });
    expect(await place.json(args)).toMatchObject({ built: true });
    expect(lstatSync(folder).isSymbolicLink()).toBe(true);
    expect(place.left("v4.31.0").length).toBe(1);
  });

  it("builds what can be moved: nothing but the link says where it is", async () => {
    await place.json(args);
    const moved = join(place.root, "elsewhere");
    renameSync(join(place.root, "cache"), moved);
    const env = { XDG_CACHE_HOME: moved, PATH: "/nowhere" };
    expect(await place.json(args.slice(0, -1), { env })).toMatchObject({ built: false });
  });
});
