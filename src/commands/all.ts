import type { CommandModule } from "./context.ts";

/** A command of the program. */
interface CommandEntry {
  /** What it does, in a line. */
  summary: string;
  /** Loads what defines it: start-up counts, so only for the command that is asked for. */
  load(): Promise<CommandModule>;
}

/** The commands, by name, in the order of the help. */
export const COMMANDS: Record<string, CommandEntry> = {
  add: {
    summary: "run code or tactics, and store the state that they end with",
    load: () => import("./add.ts"),
  },
  key: {
    summary: "print the key that add would look up, and whether the cache holds it",
    load: () => import("./key.ts"),
  },
  rm: {
    summary: "remove states; what was built on them stays usable",
    load: () => import("./rm.ts"),
  },
  ls: {
    summary: "list the states",
    load: () => import("./ls.ts"),
  },
  reload: {
    summary: "restore the states in Lean, with a verdict on each",
    load: () => import("./reload.ts"),
  },
  clear: {
    summary: "remove every state; on a terminal, after asking",
    load: () => import("./clear.ts"),
  },
  show: {
    summary: "show what a state is, where it comes from, its goals and its file",
    load: () => import("./show.ts"),
  },
  run: {
    summary: "run code or tactics on a state, and store nothing",
    load: () => import("./run.ts"),
  },
  verify: {
    summary: "check what is on disk, without Lean",
    load: () => import("./verify.ts"),
  },
  prune: {
    summary: "remove garbage, and states by age, size, damage or Lean",
    load: () => import("./prune.ts"),
  },
  push: {
    summary: "send states to a remote, for other machines",
    load: () => import("./push.ts"),
  },
  doctor: {
    summary: "report what there is of Lean, and try it out",
    load: () => import("./doctor.ts"),
  },
  setup: {
    summary: "fetch and build the REPL that fits your Lean",
    load: () => import("./setup.ts"),
  },
  completion: {
    summary: "print what makes your shell complete commands and states",
    load: () => import("./completion.ts"),
  },
};
