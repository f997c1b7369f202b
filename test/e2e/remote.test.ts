import { randomBytes } from "node:crypto";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ManifestState } from "../../src/store/manifest/schema.ts";
import {
  cut,
  drop,
  type Fault,
  hang,
  startServer,
  status,
  type TestServer,
} from "../remote/http-server.ts";
import { pemPair, sha256 } from "../remote/samples.ts";
import { readLog } from "../simulated-repl/index.ts";
import { jsonLines, namedLines } from "../support/batches.ts";
import { garbage, generator, readWhole } from "../support/kill-loop.ts";
import { start } from "../support/program.ts";
import { SharingMachine as Machine } from "../support/sharing-machine.ts";
import { until } from "../support/wait.ts";

const THEOREM =
  "theorem a (p : Prop) (h : p) : p := by sorry\ntheorem b (q : Prop) (h : q) : q := by sorry";

/** What a remote holds, and the states of the machine that pushed it. */
interface Pushed {
  objects: [path: string, content: Buffer][];
  states: ManifestState[];
}

/** By the number of their lines: the lines of a batch, pushed once for all tests. */
const pushes = new Map<number, Promise<Pushed>>();

async function push(count: number): Promise<Pushed> {
  const server = await startServer();
  const maker = new Machine(server);
  await maker.batch(namedLines(count));
  await maker.succeed("push", "-q");
  return { objects: [...server.objects], states: readWhole(maker.cwd).states };
}

/** A server to which so many {@link namedLines} were pushed, and the states of who did so. */
async function serverWith(count: number): Promise<{ server: TestServer; states: ManifestState[] }> {
  const pushed = pushes.get(count) ?? push(count);
  pushes.set(count, pushed);
  const { objects, states } = await pushed;
  const server = await startServer();
  for (const [path, content] of objects) {
    server.objects.set(path, content);
  }
  return { server, states };
}

/** What of a state is the same on every machine. */
function shared({ key, goals, proofStatus, sha256, bytes, imports, createdAt, lean }: never) {
  return { key, goals, proofStatus, sha256, bytes, imports, createdAt, lean };
}

describe("states shared by two machines", () => {
  it("come from the remote without Lean, with goals and recipes, and load", async () => {
    const server = await startServer();
    const [maker, user] = [new Machine(server), new Machine(server)];
    const additions = [
      ["add", "-c", THEOREM, "--sorry", "all", "-n", "g"],
      ["add", "--from", "g.0", "-t", "exact h", "-n", "done"],
    ];
    for (const each of additions) {
      await maker.succeed(...each);
    }
    expect(await maker.succeed("push")).toBe("-1\tsent\n-2\tsent\n-3\tsent");
    for (const [each = [], count] of [
      [additions[0], 2],
      [additions[1], 1],
    ] as [string[], number][]) {
      const added = [await user.json(...each)].flat();
      expect(added).toHaveLength(count);
      for (const state of added) {
        expect(state).toMatchObject({ cached: true, from: "remote", fromRemote: "unsigned" });
      }
    }
    expect(user.starts).toBe(0);
    const [made, came] = [await maker.json("ls"), await user.json("ls")];
    expect(came.map(shared)).toEqual(made.map(shared));
    const recipes = (machine: Machine) => readWhole(machine.cwd).recipes;
    expect(recipes(user)).toEqual(recipes(maker));
    const verdicts = (await user.json("reload")).states;
    expect(verdicts).toMatchObject(Array(3).fill({ status: "loaded", via: "recipe" }));
    expect(await user.json("add", "-c", THEOREM, "--sorry", "0")).not.toHaveProperty("from");
  });

  it("are answers for --no-run and --explain, and names are given", async () => {
    const server = await startServer();
    const [maker, user] = [new Machine(server), new Machine(server)];
    await maker.succeed("add", "-c", "def f := 1");
    await maker.succeed("push");
    const { code, stderr } = await user.run("add", "-c", "def g := 1", "--no-run", "--explain");
    expect([code, stderr]).toEqual([1, expect.stringMatching(/miss: (.|\n)*not hold it/)]);
    await user.succeed("add", "-c", "def f := 1", "--no-run", "-n", "f");
    expect(await user.json("show", "f")).toMatchObject({ sessionId: -1, name: "f" });
    expect(user.starts).toBe(0);
  });

  it("are reported by key, for one and for a batch, without being downloaded", async () => {
    const { server } = await serverWith(4);
    const user = new Machine(server);
    expect(await user.json("key", "-c", "def f1 := 1")).toMatchObject({ hit: false, remote: true });
    expect(await user.json("key", "-c", "def g := 1")).toMatchObject({ hit: false, remote: false });
    writeFileSync(
      join(user.cwd, "batch.jsonl"),
      jsonLines([...namedLines(3), { cmd: "def x := 1" }]),
    );
    const { stdout, stderr } = await user.run("key", "--batch", "batch.jsonl", "--json");
    const lines = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ hit, remote }) => [hit, remote])).toEqual([
      [false, true],
      [false, true],
      [false, true],
      [false, false],
    ]);
    expect(stderr).toBe("");
    expect(server.requests.some((line) => line.includes("pickles"))).toBe(false);
    expect(readdirSync(user.cwd)).toEqual(["batch.jsonl"]);
  });

  it("are sent by add where the remote is to be written, and once only", async () => {
    const server = await startServer();
    const maker = new Machine(server, { LEAN_PICKLE_REMOTE_MODE: "readwrite" });
    const lines = [...namedLines(5), { cmd: "theorem t : f4 = 4 := by rfl", from: "n4" }];
    const { stderr } = await maker.batch(lines);
    expect(stderr).toMatch(
      /^Remote: 0 states came \(0 B\), 6 were missing, 6 were sent \(.*\)\.$/m,
    );
    const user = new Machine(server);
    const { code, stderr: told, stdout } = await user.batch(lines);
    expect([code, stdout]).toEqual([0, "-1\n-2\n-3\n-4\n-5\n-6\n"]);
    expect(told).toMatch(/^Remote: 6 states came/m);
    expect(user.starts).toBe(0);
    server.requests.length = 0;
    await maker.succeed("add", "-c", "def f1 := 1");
    expect((await maker.batch(lines)).code).toBe(0);
    expect(server.requests).toEqual([]);
  });

  it("are one, however many processes fetch them at once", async () => {
    const { server } = await serverWith(50);
    const user = new Machine(server);
    const ended = await Promise.all(Array.from({ length: 16 }, () => user.batch(namedLines(50))));
    expect(ended.map(({ code }) => code)).toEqual(Array(16).fill(0));
    expect(ended.map(({ stderr }) => stderr).join("")).not.toMatch(/error|warning/);
    expect(readWhole(user.cwd).states).toHaveLength(50);
    expect([user.starts, garbage(user.cwd)]).toEqual([0, []]);
  });
});

describe("a remote that is not to be believed", () => {
  const isPickle = (path: string) => path.includes("/pickles/");
  const spoils: [what: string, spoil: (server: TestServer) => void][] = [
    ["random bytes", ({ objects }) => replace(objects, (old) => randomBytes(old.length))],
    ["another object", ({ objects }) => rotate(objects)],
    ["cut objects", ({ objects }) => replace(objects, (old) => old.subarray(0, old.length >> 1))],
    [
      "pickles that are swapped",
      ({ objects }) =>
        replace(objects, (old, path) => (isPickle(path) ? randomBytes(old.length) : old)),
    ],
    ["nothing", ({ objects }) => objects.clear()],
  ];

  it.each(spoils)("gives no state that is not its own: %s", async (_what, spoil) => {
    const { server, states: made } = await serverWith(4);
    const user = new Machine(server);
    spoil(server);
    const { code, stdout } = await user.batch(namedLines(4));
    expect([code, stdout]).toEqual([0, "-1\n-2\n-3\n-4\n"]);
    const states = readWhole(user.cwd).states;
    expect(states.map(({ key }) => key)).toEqual(made.map(({ key }) => key));
    expect(states.some((state) => state.fromRemote)).toBe(false);
    expect(garbage(user.cwd)).toEqual([]);
  });

  it("never gives Lean an unsigned pickle that a stranger has put there", async () => {
    const server = await startServer();
    const [maker, user] = [new Machine(server), new Machine(server)];
    await maker.succeed("add", "-c", "def f := 1");
    await maker.succeed("push");
    const strange = randomBytes(9000);
    const [path = ""] = [...server.objects.keys()].filter((each) => each.includes("/states/"));
    const file = JSON.parse(String(server.objects.get(path)));
    Object.assign(file.state, { sha256: sha256(strange), bytes: strange.length });
    server.objects.set(path, Buffer.from(JSON.stringify(file)));
    server.objects.set(path.replace(/states.*/, `pickles/${sha256(strange)}.olean`), strange);
    expect(await user.json("add", "-c", "def f := 1")).toMatchObject({ from: "remote" });
    expect(user.starts).toBe(0);
    expect((await user.json("reload")).states).toMatchObject([{ status: "loaded", via: "recipe" }]);
    const log = readLog(user.LOG).map(({ detail = "" }) => detail);
    expect(log.filter((detail) => detail.startsWith("unpickle"))).toEqual([]);
  });

  it("takes only what a trusted key has signed, and may use the pickles then", async () => {
    const server = await startServer();
    const { privatePem, publicPem } = pemPair();
    const signer = new Machine(server, { LEAN_PICKLE_REMOTE_SIGN_KEY: privatePem });
    await signer.succeed("add", "-c", "def f := 1");
    await signer.succeed("push");
    const keys = { LEAN_PICKLE_REMOTE_KEYS: publicPem };
    const trusting = new Machine(server, keys);
    const added = await trusting.json("add", "-c", "def f := 1");
    expect(added).toMatchObject({ from: "remote", fromRemote: "signed" });
    const foreign = new Machine(server, { LEAN_PICKLE_REMOTE_KEYS: pemPair().publicPem });
    const { code, stderr } = await foreign.run("add", "-c", "def f := 1");
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^The state .* is not taken: .*signed/m),
    ]);
    expect(foreign.starts).toBe(1);
  });

  it("gives unsigned states that are restored by recipe only, unless --restore pickle is given", async () => {
    const server = await startServer();
    const [maker, user] = [new Machine(server), new Machine(server)];
    await maker.succeed("add", "-c", THEOREM, "--sorry", "0");
    await maker.succeed("push");
    await user.succeed("add", "-c", THEOREM, "--sorry", "0", "-n", "g");
    expect(await user.succeed("show", "g")).toMatch(/restored by recipe: its pickle comes from/);
    const byPickle = await user.json("reload", "--restore", "pickle");
    expect(byPickle.states).toMatchObject([{ status: "loaded", via: "pickle" }]);
    const onPickle = ["add", "--from", "g", "-t", "exact h", "--restore", "pickle"];
    expect((await user.run(...onPickle)).stderr).toMatch(/never count as a hit/);
    const { stdout } = await user.run("push");
    expect(stdout).toBe("-1\tskipped\n-2\tskipped\n");
    await user.succeed("add", "-c", THEOREM, "--sorry", "0", "--force");
    expect(await user.json("show", "g")).not.toHaveProperty("fromRemote");
  });
});

describe("a remote that fails in the middle of a batch", () => {
  const faults: [what: string, misbehave: (server: TestServer) => void][] = [
    ["is stopped", (server) => server.stop()],
    ["answers 403", (server) => server.fail(status(403), 1000)],
    ["answers 503", (server) => server.fail(status(503), 1000)],
    ["drops connections", (server) => server.fail(drop, 1000)],
    ["cuts bodies", (server) => server.fail(cut as Fault, 1000)],
    ["hangs", (server) => server.fail(hang, 1000)],
  ];

  it.each(faults)("costs no result, and is one warning at most: it %s", async (what, misbehave) => {
    const { server } = await serverWith(20);
    const user = new Machine(server);
    writeFileSync(join(user.cwd, "batch.jsonl"), jsonLines(namedLines(40)));
    const { ended } = start(["add", "--batch", "batch.jsonl"], user.surroundings);
    await until(() => server.requests.length > 25, "the batch is under way");
    misbehave(server);
    const { code, stdout, stderr } = await ended;
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(0, -1)).toEqual(namedLines(40).map((_, n) => String(-n - 1)));
    const warnings = stderr.split("\n").filter((line) => line.startsWith("warning:"));
    // A 403 on a read is a miss: a bucket without list rights answers so.
    expect(warnings).toHaveLength(what === "answers 403" ? 0 : 1);
    expect(readWhole(user.cwd).states).toHaveLength(40);
  });

  it("makes push fail, in part or as a whole", async () => {
    const server = await startServer();
    const maker = new Machine(server);
    await maker.batch(namedLines(3));
    server.fail(status(403), 1, /^PUT/);
    const partly = await maker.run("push");
    expect(partly.code).toBe(3);
    expect(partly.stderr).toMatch(/^error: .*Could not push the state/m);
    expect((await maker.run("push")).code).toBe(0);
    server.stop();
    expect((await maker.run("push", "--force")).code).toBe(1);
    expect((await new Machine(server, { LEAN_PICKLE_REMOTE: "" }).run("push")).code).toBe(2);
  });
});

describe("a push that is killed", () => {
  const KILLS = Number(process.env.LEAN_PICKLE_TEST_KILLS ?? 5);

  it(
    "leaves only whole states, and the next one goes on",
    async () => {
      const server = await startServer();
      const maker = new Machine(server);
      await maker.batch(namedLines(60));
      const random = generator(16);
      for (let kill = 1; kill <= KILLS; kill++) {
        const { objects } = server;
        const wanted = objects.size + 1 + Math.floor(random() * 20);
        const { child, ended } = start(["push"], maker.surroundings);
        await until(() => objects.size >= Math.min(wanted, 120), "some objects are there");
        child.kill("SIGKILL");
        await ended;
        const user = new Machine(server);
        const { code, stderr } = await user.batch(namedLines(60), "--no-run");
        const states = [...objects.keys()].filter((path) => path.includes("/states/")).length;
        expect(stderr).not.toMatch(/not taken/);
        expect([code, readWhole(user.cwd).states.length]).toEqual([states === 60 ? 0 : 3, states]);
      }
      const { stdout, code } = await maker.run("push");
      expect([code, stdout.split("\n").length]).toEqual([0, 61]);
      expect(server.objects.size).toBe(120);
    },
    60_000 + KILLS * 5_000,
  );
});

describe("doctor", () => {
  it.each<[string, (server: TestServer) => NodeJS.ProcessEnv, RegExp]>([
    ["a remote that works", () => ({}), /^good +remote .*It can be read. It can be written/m],
    [
      "a remote that is not there",
      (server) => {
        server.stop();
        return {};
      },
      /^warning +remote .*cannot be reached/m,
    ],
    ["a URL that is none", () => ({ LEAN_PICKLE_REMOTE: "nonsense" }), /^warning +remote .*URL/m],
  ])("reports %s", async (_what, prepare, says) => {
    const server = await startServer();
    const machine = new Machine(server, prepare(server));
    const { stdout } = await machine.run("doctor");
    expect(stdout).toMatch(says);
  });
});

function replace(objects: TestServer["objects"], by: (old: Buffer, path: string) => Buffer): void {
  for (const [path, old] of objects) {
    objects.set(path, by(old, path));
  }
}

/** Gives each object the content of the next one of its kind. */
function rotate(objects: TestServer["objects"]): void {
  for (const kind of ["/states/", "/pickles/"]) {
    const paths = [...objects.keys()].filter((path) => path.includes(kind));
    const contents = paths.map((path) => objects.get(path) as Buffer);
    for (const [at, path] of paths.entries()) {
      objects.set(path, contents[(at + 1) % contents.length] as Buffer);
    }
  }
}
