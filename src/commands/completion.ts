import { readFileSync } from "node:fs";
import { Argument, type Command } from "commander";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";

/**
 * The scripts of the shells, in the folder `completions` of the package. They are our own: those of
 * `@bomb.sh/tab` evaluate what was typed, let bash expand names, and take `-1` for an option.
 */
const SCRIPTS = {
  bash: "lean-pickle.bash",
  zsh: "lean-pickle.zsh",
  fish: "lean-pickle.fish",
  powershell: "lean-pickle.ps1",
};

/** `lean-pickle completion`: prints what has a shell complete the command line. */
export function define(command: Command, host: Host): void {
  command
    .addArgument(
      new Argument("<shell>", "the shell that is to complete").choices(Object.keys(SCRIPTS)),
    )
    .addHelpText(
      "after",
      `
Put the line of your shell into the file that it reads when it starts:

~/.bashrc    source <(lean-pickle completion bash)
~/.zshrc     source <(lean-pickle completion zsh), below compinit
config.fish  lean-pickle completion fish | source
$PROFILE     lean-pickle completion powershell | Out-String | iex
${examples("source <(lean-pickle completion bash)")}`,
    )
    .action(action(host, completion));
}

async function completion({ output }: Context, shell: keyof typeof SCRIPTS): Promise<Outcome> {
  // As far from here as from the bundle in dist/program.
  const file = new URL(`../../completions/${SCRIPTS[shell]}`, import.meta.url);
  output.data(readFileSync(file, "utf8").trimEnd());
  return "done";
}
