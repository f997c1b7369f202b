/**
 * Takes the place of the program in a shell: `pick` takes one of the words in WORDS, by the program's
 * own completion, and what is run is written to the file OUT as JSON.
 */
import { writeFileSync } from "node:fs";
import { Argument, Command } from "commander";
import { complete } from "../../src/commands/complete/complete.ts";

const [what, ...args] = process.argv.slice(2);
if (what === "__complete") {
  const words: string[] = JSON.parse(process.env.WORDS ?? "[]");
  const pick = new Command("pick").addArgument(new Argument("<word>").choices(words));
  await complete(args, async () => new Command().addCommand(pick));
} else {
  writeFileSync(process.env.OUT ?? "", JSON.stringify([what, ...args]));
}
