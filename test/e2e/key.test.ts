import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { jsonLines } from "../support/batches.ts";
import { LeanProject } from "../support/lean-projects.ts";

const CODE = "import Foo.Bar\ndef f := 42\n";
const THEOREM = "theorem t (p q : Prop) (hp : p) (hq : q) : p ∧ q := by sorry";

interface Added {
  key: string;
  sessionId: number;
}

const BASES = [
  { cmd: "def z := 1", name: "base" },
  { cmd: THEOREM, sorry: 0, name: "goal" },
];

describe("key", () => {
  it.each<[string, string[]]>([
    ["code", ["-c", CODE]],
    ["a sorry", ["-c", CODE, "-c", THEOREM, "--sorry", "0"]],
    ["tactics", ["-c", THEOREM, "-t", "apply And.intro", "-t", "exact hp"]],
    ["code on a state", ["--from", "base", "-c", THEOREM]],
    ["tactics on a state", ["--from", "goal", "-t", "constructor"]],
  ])(
    "prints the key that the state then has, and nothing else on standard output: %s",
    async (_what, args) => {
      const place = new LeanProject();
      if (args.includes("--from")) {
        await place.run(["add", "--batch", "-"], { stdin: jsonLines(BASES) });
      }
      const { starts } = place;
      const before = await place.run(["key", ...args]);
      expect([before.stdout, before.stderr]).toEqual([
        expect.stringMatching(/^[0-9a-f]{64}\n$/),
        "miss\n",
      ]);
      expect(place.starts).toBe(starts);
      const { sessionId, key } = (await place.json(["add", "-n", "it", ...args])) as Added;
      const after = await place.run(["key", ...args]);
      expect([after.stdout, after.stderr]).toEqual([before.stdout, "hit: it\n"]);
      expect(after.stdout).toBe(`${key}\n`);
      expect(await place.json(["key", ...args])).toMatchObject({
        key,
        hit: true,
        sessionIds: [sessionId],
        unknown: [],
      });
    },
  );

  it("makes nothing, not even folders", async () => {
    const place = new LeanProject();
    const { code, stderr } = await place.run(["key", "-c", CODE, "--explain"]);
    expect(code).toBe(0);
    expect(stderr).toContain("no state of the cache has a step in common");
    expect(readdirSync(place.cache)).toEqual([".keep"]);
    expect(place.starts).toBe(0);
  });

  it("gives the inputs that show gives, as JSON", async () => {
    const place = new LeanProject();
    const asked = (await place.json(["key", "-c", CODE])) as { inputs: object };
    expect(asked).toEqual({
      key: expect.stringMatching(/^[0-9a-f]{64}$/),
      hit: false,
      sessionIds: [],
      inputs: {
        toolchain: "leanprover/lean4:v4.33.0",
        repl: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        project: expect.objectContaining({ "lakefile.lean": null }),
        imports: { "Foo.Bar": "12" },
      },
      unknown: [],
    });
    await place.json(["add", "-c", CODE]);
    expect(await place.json(["show", "-1"])).toMatchObject({ inputs: asked.inputs });
  });

  it("stands for all states at all sorries, and names them where they hit", async () => {
    const place = new LeanProject();
    const args = [
      "-c",
      `${THEOREM}\n${THEOREM.replace("theorem t", "theorem u")}`,
      "--sorry",
      "all",
    ];
    expect(await place.json(["key", ...args])).toMatchObject({ hit: false, sessionIds: [] });
    await place.json(["add", ...args]);
    expect(await place.json(["key", ...args])).toMatchObject({ hit: true, sessionIds: [-1, -2] });
  });

  it("explains a miss as JSON too, and a hit not", async () => {
    const place = new LeanProject();
    await place.json(["add", "-c", CODE]);
    expect(await place.json(["key", "--explain", "-c", CODE])).not.toHaveProperty("reasons");
    expect(await place.json(["key", "--explain", "-c", `${CODE} `])).toMatchObject({
      hit: false,
      nearest: -1,
      reasons: ["step 1, code, differs at line 3, column 0"],
    });
  });

  it("refuses what add refuses", async () => {
    const place = new LeanProject();
    for (const args of [[], ["-t", "skip"], ["--sorry", "0"], ["--from", "nobody", "-c", "x"]]) {
      const [asked, added] = [await place.run(["key", ...args]), await place.run(["add", ...args])];
      expect([asked.code, asked.stderr]).toEqual([added.code, added.stderr]);
      expect(asked.stdout).toBe("");
    }
    expect(place.starts).toBe(0);
  });
});
