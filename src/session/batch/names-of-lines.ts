import type { BatchItem } from "./batch-item.ts";

/** A line of a batch, as far as its name goes. */
type NamedLine = Pick<BatchItem, "name"> & { sorry?: unknown };

/** `NAME.N`, as the states of a line with `sorry: "all"` are called. */
const NUMBERED = /^(.*)\.(0|[1-9]\d{0,8})$/s;

/**
 * What the states of a line are called: its name, or `NAME.*` where it makes one for each sorry,
 * since of those it is not known how many there will be. No name has a star in it.
 */
export function lineName({ name, sorry }: NamedLine): string | undefined {
  return name !== undefined && sorry === "all" ? `${name}.*` : name;
}

/** What is known of lines, by what their states are called. Of two lines it is the later one. */
export class LineNames<T> {
  readonly #given = new Map<string, { at: number; value: T }>();
  /** By NAME, the last line that is called NAME.N. */
  readonly #numbered = new Map<string, T>();
  #next = 0;

  /** Notes what is known of a line; one without a name has nothing to be found by. */
  give(line: NamedLine, value: T): void {
    const name = lineName(line);
    if (name === undefined) {
      return;
    }
    this.#given.set(name, { at: this.#next++, value });
    const [, stem] = NUMBERED.exec(name) ?? [];
    if (stem !== undefined) {
      this.#numbered.set(stem, value);
    }
  }

  /** The line that makes the state with a name, as what its states are called, and its number. */
  find(name: string): { called: string; value: T; index: number } | undefined {
    const [, stem = "", number = ""] = NUMBERED.exec(name) ?? [];
    const one = this.#given.get(name);
    const all = this.#given.get(`${stem}.*`);
    if (one && !(all && all.at > one.at)) {
      return { called: name, value: one.value, index: 0 };
    }
    return all && { called: `${stem}.*`, value: all.value, index: Number(number) };
  }

  /** What is known of the lines whose states have, or may have, the name of one of this line's. */
  rivals(line: NamedLine): T[] {
    const name = lineName(line);
    if (name === undefined) {
      return [];
    }
    const [, stem] = NUMBERED.exec(name) ?? [];
    const same = this.#given.get(name);
    const all = stem === undefined ? undefined : this.#given.get(`${stem}.*`);
    const one = line.sorry === "all" ? this.#numbered.get(line.name ?? "") : undefined;
    return [same?.value, all?.value, one].filter((value) => value !== undefined);
  }
}
