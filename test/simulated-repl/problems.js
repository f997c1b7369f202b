// The three ways in which Lean code can be wrong.

/** @import { Position, Span } from "./types.ts" */

class Located extends Error {
  /** @type {Position} */
  start;
  /** @type {Position} */
  end;

  /** @param {string} data what Lean says @param {Span} span where */
  constructor(data, { start, end }) {
    super(data);
    this.start = start;
    this.end = end;
  }
}

/** A text that is not Lean: the command is not elaborated. */
export class SyntaxProblem extends Located {}

/** A term that is wrong. Where Lean recovers, it counts as a `sorry`. */
export class ElaborationProblem extends Located {}

/** A tactic that does not apply. In a tactic request the answer is `Lean error:\n...`. */
export class TacticFailure extends Error {}
