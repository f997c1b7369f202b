import { renameSync, symlinkSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { simulatedRepl } from "../simulated-repl/index.ts";
import { executable, file } from "../support/lean-places.ts";
import { commandsIn, finding, Machine, STAND_IN, V33 } from "../support/machines.ts";
import { program } from "../support/program.ts";
import { replMirror, SetupPlace } from "../support/repl-sources.ts";

describe("doctor on a machine with nothing but Node", () => {
  it("fits one screen, and its commands, copied one by one, are the right ones", async () => {
    const place = new SetupPlace();
    const elan = join(place.root, "home/.elan");
    // What the installer of elan would bring, and the repository that would be fetched.
    const brought = join(place.root, "brought");
    renameSync(join(place.bin, "lake"), join(place.root, "lake"));
    const installed = `${elan}/toolchains/leanprover--lean4---v4.33.0-rc2`;
    executable(
      join(brought, "lake"),
      `#!/bin/sh\n/bin/mkdir -p ${installed}\nexec ${place.root}/lake "$@"\n`,
    );
    executable(join(brought, "elan"), '#!/bin/sh\necho "elan 4.1.2"\n');
    executable(join(brought, "lean"));
    executable(
      join(place.bin, "curl"),
      `#!/bin/sh\n[ "$*" = "https://elan.lean-lang.org/elan-init.sh -sSf" ] && echo "/bin/mkdir -p ${elan}; /bin/cp -r ${brought} ${elan}/bin"\n`,
    );
    executable(
      join(place.bin, "lean-pickle"),
      `#!/bin/sh\nexec ${process.execPath} ${program} "$@"\n`,
    );
    symlinkSync("/bin/sh", join(place.bin, "sh"));
    const upstream = "https://github.com/leanprover-community/repl";
    const mirror = replMirror({ "v4.33.0-rc2": V33 });
    const gitConfig = file(
      join(place.root, "gitconfig"),
      `[url "${mirror}"]\n  insteadOf = ${upstream}\n[protocol "file"]\n  allow = always\n`,
    );
    const env = { GIT_CONFIG_GLOBAL: gitConfig };
    const first = await place.run([], { env }, ["doctor"]);
    expect([first.code, first.stderr]).toEqual([5, ""]);
    const rows = first.stdout.trimEnd().split("\n");
    const height = rows.reduce((sum, row) => sum + Math.max(1, Math.ceil(row.length / 80)), 0);
    expect(height).toBeLessThan(24);
    expect(first.stdout).toMatch(/^good {5}Node/);
    const commands = commandsIn(first.stdout);
    expect(commands).toEqual([
      "curl https://elan.lean-lang.org/elan-init.sh -sSf | sh",
      "lean-pickle setup --lean v4.33.0-rc2",
    ]);
    for (const command of commands) {
      const { code, stderr } = place.shell(command, env);
      expect([command, code, stderr.includes("error")]).toEqual([command, 0, false]);
    }
    const last = await place.run([], { env }, ["doctor"]);
    expect([last.stdout.match(/^(warning|bad).*/m)?.[0], last.code]).toEqual([undefined, 0]);
    expect(last.stdout).toMatch(/^good {5}REPL .*v4\.33\.0-rc2/m);
    expect(last.stdout).toMatch(/^good {5}round trip {2}start \d+ m?s, command .*tactic/m);
    const added = await place.run(["-c", "def f := 1"], { env }, ["add"]);
    expect([added.code, added.stdout]).toEqual([0, "-1\n"]);
  });

  it("is what every other command that needs Lean points to, with exit code 5", async () => {
    const machine = new Machine();
    await machine.run(["add", "-c", "def f := 1"], {
      LEAN_PICKLE_REPL: simulatedRepl,
      PATH: process.env.PATH,
    });
    file(join(machine.cwd, "batch.jsonl"), '{"cmd": "def f := 1"}\n');
    for (const args of [
      ["add", "-c", "def f := 1"],
      ["add", "--batch", "batch.jsonl"],
      ["key", "-c", "def f := 1"],
      ["run", "-1", "-c", "#check f"],
      ["reload"],
      ["ls", "--check"],
    ]) {
      const { code, stdout, stderr } = await machine.run(args);
      expect([args, code, stdout]).toEqual([args, 5, ""]);
      expect(stderr).toContain('"lean-pickle doctor" shows what was found, and what to do.');
    }
    for (const args of [["ls"], ["show", "-1"], ["rm", "-1"], ["clear"]]) {
      expect([args, (await machine.run(args)).code]).toEqual([args, 0]);
    }
  });
});

describe("doctor, of the cache", () => {
  it("counts states, and what no state needs, and says who holds the lock", async () => {
    const machine = new Machine();
    const env = { LEAN_PICKLE_REPL: executable(join(machine.root, "repl"), STAND_IN) };
    // Without a REPL, which takes its time to be tried.
    const cache = async () => finding(await machine.doctor(), "cache");
    expect(await cache()).toMatchObject({ status: "good", found: "no states", from: machine.cwd });
    await machine.run(["add", "-c", "def f := 1"], env);
    expect(await cache()).toMatchObject({
      status: "good",
      found: expect.stringMatching(/^1 state, /),
    });
    const folder = join(machine.cwd, "session_cache");
    const stray = [
      file(join(folder, "tmp", "0123456789abcdef.olean"), "half"),
      file(join(folder, `${"a".repeat(64)}.${"b".repeat(8)}.olean`), "nobody's"),
    ];
    // They may be of a process that is at work.
    expect(await cache()).toMatchObject({ status: "good" });
    for (const path of stray) {
      utimesSync(path, new Date(0), new Date(0));
    }
    expect(await cache()).toMatchObject({
      status: "warning",
      found: expect.stringMatching(/^1 state, .*; 2 files \(12 B\) that no state needs$/),
      mend: "lean-pickle prune",
    });
    expect((await machine.run(["prune"], env)).code).toBe(0);
    expect(await cache()).toMatchObject({ status: "good" });
    file(join(folder, "manifest.lock", ".keep"));
    expect((await cache())?.found).toMatch(/; locked by a process that has not said which it is$/);
  });

  it("says that it is damaged, and does not touch it", async () => {
    const machine = new Machine();
    const elsewhere = join(machine.root, "some where");
    file(join(elsewhere, "lean-pickle.json"), "junk");
    const document = await machine.doctor({}, ["-d", elsewhere]);
    expect(finding(document, "cache")).toMatchObject({
      status: "bad",
      found: expect.stringContaining("it is not JSON"),
      mend: `lean-pickle verify --repair -d '${elsewhere}'`,
    });
  });
});
