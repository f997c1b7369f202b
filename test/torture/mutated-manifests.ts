/** Manifests that were changed: in their text, in their form, and within the form that they must have. */
import fc from "fast-check";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a terminal, a path, a shell or a prototype would act on. */
const HOSTILE = [
  "",
  "-1",
  "--json",
  "../outside/file",
  "/etc/passwd",
  "session_cache/../../outside/file",
  "session_cache/tmp/../../../outside/file",
  "Session_Cache/a.olean",
  "$(touch outside)",
  "`id`; rm -rf .",
  "a\nb",
  "\u0000",
  "\u001b]0;title\u0007\u001b[2J\u009b31m",
  "\u202e\u2066\u200b\ufeff\u{e0041}",
  "__proto__",
  "constructor",
  "e\u0301",
  "\u00e9",
  "\ud800",
  "⊢ p ∧ q",
  "x".repeat(100_000),
];

/** Parts of sequences that a terminal acts on, and other characters that it does. */
const ACTED_ON = [..."\u001b\u009b\u0007\r\n\u0000\u202e\u200b\u2028[]0;2Jm?25lHA⊢ "];

/** Any text, and the kinds that have broken programs. */
export const hostileText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 3, arbitrary: fc.string({ unit: fc.constantFrom(...ACTED_ON), maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 30 }) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 30 }) },
);

const NUMBERS = [0, -0, -1, 1, 0.5, 1e308, -1e308, 2 ** 53, -(2 ** 53), 2 ** 31, 5e-324];

/** Stands for lists in lists, which can be read, and not written by JSON.stringify. */
const DEEP = "lists in lists";
const LEVELS = 20_000;

function textOf(value: unknown): string {
  const deep = "[".repeat(LEVELS) + "]".repeat(LEVELS);
  return JSON.stringify(value).replaceAll(JSON.stringify(DEEP), deep);
}

const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  hostileText,
  fc.constantFrom<Json[]>(...NUMBERS, null, true, [], {}, DEEP),
  fc.jsonValue().map((value) => value as Json),
);

const KEYS = ["__proto__", "constructor", "toString", "version", "states", "", "x", "\u001b[2J"];

type Change =
  | { replaceBy: Json }
  | { remove: true }
  | { addKey: string; value: Json }
  | { repeat: true };

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ replaceBy: hostileValue }) },
  { weight: 1, arbitrary: fc.constant<Change>({ remove: true }) },
  { weight: 1, arbitrary: fc.constant<Change>({ repeat: true }) },
  { weight: 1, arbitrary: fc.record({ addKey: fc.constantFrom(...KEYS), value: hostileValue }) },
);

/** What fields may hold, of all that their types allow: the manifest is taken, and used. */
const STATE_FIELDS: Record<string, fc.Arbitrary<Json>> = {
  goals: fc.array(hostileText, { maxLength: 3 }),
  proofStatus: hostileText,
  lean: fc.record({ toolchain: hostileText, version: hostileText, gitHash: hostileText }),
  imports: fc.array(hostileText, { maxLength: 3 }),
  bytes: fc.maxSafeNat(),
  elapsedMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  isProofState: fc.boolean(),
  createdAt: fc.constantFrom("0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"),
  name: fc.constantFrom("constructor", "__proto__", "_", "a".repeat(300)),
  unknown: hostileValue,
};

const RECIPE_FIELDS: Record<string, fc.Arbitrary<Json>> = {
  base: fc.constantFrom(null, "0".repeat(64)),
  step: fc.oneof(
    fc.record({ cmd: hostileText }),
    fc.record({ tactic: hostileText }),
    fc.record({ sorry: fc.nat() }),
  ),
  inputs: fc.dictionary(hostileText, hostileValue, { minKeys: 1, maxKeys: 3 }),
  sorries: fc.maxSafeNat(),
  hasErrors: fc.boolean(),
  unknown: hostileValue,
};

/** One of the fields, with a value. */
function oneOf(fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<[string, Json]> {
  const entries = Object.entries(fields);
  return fc.oneof(
    ...entries.map(([field, values]) => values.map((value): [string, Json] => [field, value])),
  );
}

interface Form {
  states: { [key: string]: Json }[];
  recipes: { [key: string]: { [key: string]: Json } };
}

/** Other values, all of which the form of a manifest allows. */
function inForm(base: string): fc.Arbitrary<string> {
  const states = fc.array(fc.tuple(fc.nat(), oneOf(STATE_FIELDS)), { maxLength: 6 });
  const recipes = fc.array(fc.tuple(fc.nat(), oneOf(RECIPE_FIELDS)), { maxLength: 4 });
  return fc.tuple(states, recipes).map(([ofStates, ofRecipes]) => {
    const manifest: Form = JSON.parse(base);
    for (const [of, fields, changes] of [
      ["states", manifest.states, ofStates],
      ["recipes", Object.values(manifest.recipes), ofRecipes],
    ] as const) {
      for (const [at, [field, value]] of changes) {
        const entry = fields[at % fields.length];
        if (entry) {
          entry[field] =
            of === "recipes" && field === "base" && at % 2 ? keyIn(manifest, at) : value;
        }
      }
    }
    return textOf(manifest);
  });
}

/** One of the keys that there are: recipes may go round in a circle. */
function keyIn({ recipes }: Form, at: number): Json {
  const keys = Object.keys(recipes);
  return keys[at % keys.length] ?? null;
}

/** Changes anywhere, of which most are found to be wrong. */
function outOfForm(base: string): fc.Arbitrary<string> {
  const way = fc.array(fc.nat(), { minLength: 1, maxLength: 5 });
  return fc.array(fc.tuple(way, change), { minLength: 1, maxLength: 2 }).map((changes) => {
    const manifest: Json = JSON.parse(base);
    for (const [steps, each] of changes) {
      apply(manifest, steps, each);
    }
    return textOf(manifest);
  });
}

/** @param steps at each level, the number of a field; past the last one it begins again */
function apply(value: Json, [at = 0, ...steps]: number[], change: Change): void {
  if (typeof value !== "object" || value === null) {
    return;
  }
  const keys = Object.keys(value);
  const key = keys[at % Math.max(1, keys.length)] ?? "0";
  const fields = value as { [key: string]: Json };
  const inner = fields[key];
  if (steps.length > 0 && typeof inner === "object" && inner !== null) {
    apply(inner, steps, change);
  } else if ("remove" in change) {
    delete fields[key];
  } else if ("repeat" in change) {
    if (Array.isArray(value)) {
      value.push(...value.slice(0, 1));
    }
  } else if ("addKey" in change) {
    // As JSON.parse does: `__proto__` is a field as any other.
    const descriptor = {
      value: change.value,
      enumerable: true,
      configurable: true,
      writable: true,
    };
    Object.defineProperty(value, change.addKey, descriptor);
  } else {
    fields[key] = change.replaceBy;
  }
}

/** Changes of the text. */
function inText(base: string): fc.Arbitrary<string> {
  const place = fc.nat(base.length);
  return fc.oneof(
    place.map((at) => base.slice(0, at)),
    fc.tuple(place, place).map(([from, to]) => base.slice(0, from) + base.slice(to)),
    fc.tuple(place, hostileText).map(([at, text]) => base.slice(0, at) + text + base.slice(at)),
    hostileText,
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.constantFrom(
      "[".repeat(200_000),
      '{"a":'.repeat(100_000),
      "\ufeff".concat(base),
      `${base}x`,
    ),
  );
}

/** Manifests that were made of one that is good. */
export function mutatedManifest(base: string): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 3, arbitrary: inForm(base) },
    { weight: 2, arbitrary: outOfForm(base) },
    { weight: 1, arbitrary: inText(base) },
  );
}
