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

function frame(chunks: readonly Buffer[]): string[] {
  const framer = new AnswerFramer();
  const answers = chunks.flatMap((chunk) => framer.push(chunk));
  const rest = framer.rest();
  return rest === "" ? answers : [...answers, rest];
}

describe("AnswerFramer", () => {
  it.skipIf(!haveRecordings)(
    `gives the same answers for any split of the recorded outputs ${haveRecordings ? "" : WITHOUT_RECORDINGS}`,
    () => {
      const recordings = readRecordings();
      expect(recordings.length).toBeGreaterThan(50);
      for (const { name, stdout } of recordings) {
        const bytes = Buffer.from(stdout);
        const expected = stdout.split(/\n\n+/).filter((part) => part.trim() !== "");
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
    expect(framer.push(Buffer.from("\n"))).toEqual(['{"env": 0}']);
  });

  it("looks at each byte once, however many chunks an answer comes in", () => {
    const framer = new AnswerFramer();
    let concatenated = 0;
    const { concat } = Buffer;
    Buffer.concat = (list, total) => {
      concatenated += list.reduce((sum, each) => sum + each.length, 0);
      return concat(list, total);
    };
    try {
      for (let chunk = 0; chunk < 10_000; chunk++) {
        framer.push(Buffer.alloc(100, "x"));
      }
      expect(framer.push(Buffer.from("\n\n"))).toHaveLength(1);
    } finally {
      Buffer.concat = concat;
    }
    expect(concatenated).toBeLessThan(1_000_100);
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
