import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folders.ts";
import { generator, killAfter, readWhole } from "../support/kill-loop.ts";
import { type Ended, run } from "../support/program.ts";
import { isLong, seed, tell } from "./scale.ts";

/** What all the processes together were told, and what that leaves open. */
class Journal {
  /** The code of each state, by its session id. */
  readonly added = new Map<string, string>();
  /** Removed: somebody was told so. */
  readonly removed = new Set<string>();
  /** Perhaps removed: by a command that was killed. */
  readonly inDoubt = new Set<string>();
  commands = 0;
  killed = 0;

  add(id: string, code: string): void {
    // An id stands for one state, for ever.
    expect([id, this.added.get(id) ?? code]).toEqual([id, code]);
    expect(this.removed.has(id)).toBe(false);
    this.added.set(id, code);
  }
}

/** One of those that work on a cache at once: it runs one command after the other. */
class Writer {
  readonly #cwd: string;
  readonly #journal: Journal;
  readonly #name: string;
  readonly #random: () => number;
  readonly #own: string[] = [];

  constructor(cwd: string, journal: Journal, number: number) {
    this.#cwd = cwd;
    this.#journal = journal;
    this.#name = `w${number}`;
    this.#random = generator(seed * 1000 + number);
  }

  async work(operations: number): Promise<void> {
    for (let at = 0; at < operations; at++) {
      this.#journal.commands++;
      await this.#operate(at);
    }
  }

  async #operate(at: number): Promise<void> {
    const choice = this.#random();
    const id = this.#own.at(Math.floor(this.#random() * this.#own.length));
    if (choice < 0.4 || id === undefined) {
      await this.#add(`def ${this.#name}_${at} := ${at}`);
    } else if (choice < 0.5) {
      await this.#add(this.#journal.added.get(id) ?? "", "-n", this.#name, "--replace");
    } else if (choice < 0.6) {
      await this.#remove(id);
    } else if (choice < 0.75) {
      await this.#kill(at, id);
    } else if (choice < 0.85) {
      await this.#run([0, 1, 4], ["reload", id]);
    } else if (choice < 0.9) {
      await this.#run([0], ["prune"]);
    } else if (choice < 0.95) {
      await this.#run([0], ["verify"]);
    } else {
      await this.#run([0, 4], ["show", id]);
    }
  }

  async #run(codes: readonly number[], args: readonly string[]): Promise<Ended> {
    const end = await run(args, { cwd: this.#cwd });
    expect(codes, `${args.join(" ")}\n${end.stderr}`).toContain(end.code);
    expect(end.stderr).not.toMatch(/^ +at /m);
    return end;
  }

  async #add(code: string, ...options: readonly string[]): Promise<void> {
    const { stdout } = await this.#run([0], ["add", "-c", code, ...options]);
    this.#journal.add(stdout.trim(), code);
    this.#own.push(stdout.trim());
  }

  async #remove(id: string): Promise<void> {
    const { stdout } = await this.#run([0, 4], ["rm", id]);
    for (const each of stdout.split("\n").filter(Boolean)) {
      this.#journal.removed.add(each);
    }
  }

  /** Leaves a lock behind, or half a pickle, or nothing. */
  async #kill(at: number, id: string): Promise<void> {
    const isRemoval = this.#random() < 0.3;
    const code = `def ${this.#name}_${at} := ${at}`;
    const args = isRemoval ? ["rm", id] : ["add", "-c", code];
    const victim = { cwd: this.#cwd, args, signal: "SIGKILL" } as const;
    const { killed, printed } = await killAfter(victim, Math.floor(this.#random() * 20), [4]);
    this.#journal.killed += Number(killed);
    if (isRemoval) {
      this.#journal.inDoubt.add(id);
    }
    for (const each of isRemoval ? [] : printed) {
      this.#journal.add(each, code);
    }
  }
}

describe("many processes at once", () => {
  it(
    "keep what was printed, give no id twice, and fail for no reason of their own",
    async () => {
      const [writers, operations] = isLong ? [16, 50] : [5, 6];
      const cwd = temporaryFolder();
      const journal = new Journal();
      const all = Array.from({ length: writers }, (_, n) => new Writer(cwd, journal, n));
      await Promise.all(all.map((writer) => writer.work(operations)));
      const { states } = readWhole(cwd);
      const ids = states.map(({ sessionId }) => String(sessionId));
      expect(new Set(ids).size).toBe(ids.length);
      const { added, removed, inDoubt } = journal;
      const lost = [...added.keys()].filter(
        (id) => !ids.includes(id) && !removed.has(id) && !inDoubt.has(id),
      );
      expect(lost).toEqual([]);
      expect(ids.filter((id) => removed.has(id))).toEqual([]);
      const { commands, killed } = journal;
      tell(
        `${writers} processes, ${commands} commands, ${killed} of them killed: ` +
          `${added.size} states added, ${removed.size} removed, ${lost.length} lost`,
      );
    },
    isLong ? 3_600_000 : undefined,
  );
});
