import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AnswerFramer, encodeRequest } from "../../src/repl/framing.ts";
import { haveRecordings, readRecordings, WITHOUT_RECORDINGS } from "../support/recordings.ts";

/** Cuts bytes at these places, wherever in a character they are. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((at) => at % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index] ?? 0, end));
}

/** The texts of the answers, and after them what was printed behind the last one. */
function frame(chunks: readonly Buffer[]): string[] {
  const framer = new AnswerFramer();
  const answers = chunks.flatMap((chunk) => framer.push(chunk));
  const last = framer.end();
  const texts = [...answers, ...(last ? [last] : [])].map(({ text }) => text);
  return framer.noise === "" ? texts : [...texts, framer.noise];
}

/** What stands before each answer, and what the answers are. */
function hear(text: string): [string, unknown][] {
  return new AnswerFramer().push(Buffer.from(text)).map(({ noise, value }) => [noise, value]);
}

describe("AnswerFramer", () => {
  it.skipIf(!haveRecordings)(
    `gives the same answers for any split of the recorded outputs ${haveRecordings ? "" : WITHOUT_RECORDINGS}`,
    () => {
      const recordings = readRecordings();
      expect(recordings.length).toBeGreaterThan(50);
      for (const { name, stdout } of recordings) {
        const bytes = Buffer.from(stdout);
        const expected = stdout.split(/\n\n+|\n(?=\{)/).filter((part) => part.startsWith("{"));
        expect(frame([bytes]), name).toEqual(expected.map((part) => part.trim()));
        fc.assert(
          fc.property(fc.array(fc.nat(), { maxLength: 40 }), (places) => {
            expect(frame(cut(bytes, places)), name).toEqual(frame([bytes]));
          }),
          { numRuns: 20 },
        );
      }
    },
  );

  it("gives back any answers that were printed over several lines, byte by byte", () => {
    fc.assert(
      fc.property(fc.array(fc.object({ maxDepth: 2 }), { maxLength: 5 }), (values) => {
        const texts = values.map((value) => JSON.stringify(value, null, 1) ?? "null");
        const bytes = Buffer.from(texts.map((text) => `${text}\n\n`).join(""));
        const singles = Array.from(bytes, (byte) => Buffer.from([byte]));
        expect(frame(singles)).toEqual(texts);
      }),
    );
  });

  it("passes over empty lines before an answer", () => {
    expect(frame([Buffer.from('\n\n\n{"env": 0}\n\n')])).toEqual(['{"env": 0}']);
  });

  it("understands lines that end as on Windows", () => {
    const framer = new AnswerFramer();
    expect(framer.push(Buffer.from('{"env":\r\n 0}\r\n\r\n{"env": 1}\r\n\r\n'))).toHaveLength(2);
  });

  it("says an answer is there as soon as its empty line is", () => {
    const framer = new AnswerFramer();
    expect(framer.push(Buffer.from('{"env": 0}\n'))).toEqual([]);
    expect(framer.push(Buffer.from("\n"))).toEqual([
      { noise: "", text: '{"env": 0}', value: { env: 0 } },
    ]);
  });

  it("puts an answer together from thousands of chunks", () => {
    const framer = new AnswerFramer();
    const data = "x".repeat(100);
    framer.push(Buffer.from('{"data": ["'));
    for (let chunk = 0; chunk < 10_000; chunk++) {
      expect(framer.push(Buffer.from(`${data}",\n "`))).toEqual([]);
    }
    const [answer] = framer.push(Buffer.from('"]}\n\n'));
    expect(answer?.value).toEqual({ data: [...Array(10_000).fill(data), ""] });
  });
});

describe("text before an answer", () => {
  it.each([
    ["a line", "child\n", "child"],
    ["several lines", "one\n two\nthree\n", "one\n two\nthree"],
    ["lines with empty ones between them", "one\n\ntwo\n\n\nthree\n", "one\ntwo\nthree"],
    ["a line that begins like an answer", '{ child\n{"a": \n', '{ child\n{"a":'],
    ["a line that is JSON", '{"a": 1}\n[1]\n', '{"a": 1}\n[1]'],
    ["JSON that is no object, and an empty line", '"noise"\n\n1\n\n', '"noise"\n1'],
    ["a line without an end", "50%", "50%"],
    ["a line that begins like an answer, without an end", '{"a": ', '{"a":'],
    ["lines that end as on Windows", "one\r\n\r\n{ two\r\n", "one\n{ two"],
  ])("is kept apart from it: %s", (_what, before, noise) => {
    const answer = '{"messages":\n [{"data": "{\\"env\\": 7}"}],\n "env": 0}\n\n';
    const value = { messages: [{ data: '{"env": 7}' }], env: 0 };
    expect(hear(`${before}${answer}`)).toEqual([[noise, value]]);
    expect(hear(`{"env": 1}\n\n${before}${answer}{"env": 2}\n\n`)).toEqual([
      ["", { env: 1 }],
      [noise, value],
      ["", { env: 2 }],
    ]);
  });

  it("is told before an answer comes, as far as no answer can begin in it", () => {
    const framer = new AnswerFramer();
    framer.push(Buffer.from("one\n\n{ two\n\nthree\n"));
    expect(framer.noise).toBe("one\n{ two");
    expect(framer.end()).toBeUndefined();
    expect(framer.noise).toBe("one\n{ two\nthree");
  });

  it("is kept in part if there is very much of it", () => {
    const framer = new AnswerFramer();
    const paragraph = Buffer.from(`${"x".repeat(2 ** 20)}\n\n`);
    for (let n = 0; n < 20; n++) {
      framer.push(paragraph);
    }
    expect(framer.noise.length).toBeLessThan(2 ** 17);
    const [answer] = framer.push(Buffer.from(`${"y".repeat(2 ** 20)}\n{}\n\n`));
    expect(answer).toMatchObject({ value: {}, noise: expect.stringMatching(/^xxx/) });
    expect(answer?.noise.length).toBeLessThan(2 ** 17);
    expect(framer.noise).toBe("");
  });

  it("is kept apart from any answer, however both are cut", () => {
    const line = fc.string().map((text) => text.replaceAll(/[\r\n{]/g, "").trim());
    fc.assert(
      fc.property(
        fc.array(line.filter((text) => text !== "")),
        fc.object({ maxDepth: 2 }),
        fc.array(fc.nat(), { maxLength: 10 }),
        (lines, value, places) => {
          const text = `${lines.join("\n")}\n${JSON.stringify(value, null, 1)}\n\n`;
          const framer = new AnswerFramer();
          const found = cut(Buffer.from(text), places).flatMap((chunk) => framer.push(chunk));
          expect(found).toMatchObject([
            { noise: lines.join("\n"), value: JSON.parse(JSON.stringify(value)) },
          ]);
        },
      ),
    );
  });
});

describe("encodeRequest", () => {
  it("makes one line of any request, and an empty one", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (cmd) => {
        const text = encodeRequest({ cmd });
        expect(text.endsWith("\n\n")).toBe(true);
        expect(text.trimEnd()).not.toContain("\n");
        expect(JSON.parse(text)).toEqual({ cmd });
      }),
    );
  });
});
