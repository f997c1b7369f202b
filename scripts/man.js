/** Manual pages, from the definitions that --help shows. */

/** @import { Argument, Command, Help, Option } from "commander" */

/**
 * Renders the page of a command, or of the program.
 * @param {Command} command
 * @param {{ version: string, date: string }} edition the date as YYYY-MM-DD
 * @returns {string} roff, for the macros of man(7)
 */
export function renderManPage(command, { version, date }) {
  const name = pageName(command);
  const help = command.createHelp();
  const pages = [command.parent, ...command.commands].filter((each) => each !== null);
  const { details, examples } = helpAfter(command);
  return [
    `.TH ${roff(name.toUpperCase())} 1 ${date} ${roff(quoted(`lean-pickle ${version}`))} "User Commands"`,
    // Prose on the left, and no hyphens in words that somebody may copy.
    ".ad l",
    ".nh",
    ...section("NAME", [roff(`${name} - ${command.description()}`)]),
    ...section("SYNOPSIS", [`.B ${roff(help.commandUsage(command))}`]),
    ...section("DESCRIPTION", details),
    ...section(
      "COMMANDS",
      command.commands.flatMap((each) => tagged(each.name(), each.description())),
    ),
    ...section(
      "ARGUMENTS",
      command.registeredArguments.flatMap((each) => argument(help, each)),
    ),
    ...optionSections(help, command),
    ...section("EXAMPLES", examples),
    ...section("SEE ALSO", [pages.map((each) => `${roff(pageName(each))}(1)`).join(",\n")]),
    "",
  ].join("\n");
}

/**
 * The name of a command's page: `lean-pickle-add`.
 * @param {Command} command
 * @returns {string}
 */
export function pageName(command) {
  return command.parent ? `${command.parent.name()}-${command.name()}` : command.name();
}

/**
 * @param {string} title
 * @param {readonly string[]} lines without any there is no section
 */
function section(title, lines) {
  return lines.length > 0 && lines.some((line) => line !== "")
    ? [`.SH ${quoted(title)}`, ...lines]
    : [];
}

/**
 * @param {string} term
 * @param {string} text
 */
function tagged(term, text) {
  return [".TP", `.B ${roff(term)}`, roff(text)];
}

/**
 * @param {Help} help
 * @param {Argument} argument
 */
function argument(help, argument) {
  return tagged(help.argumentTerm(argument), help.argumentDescription(argument));
}

/**
 * The options, in a section for each of their groups.
 * @param {Help} help
 * @param {Command} command
 */
function optionSections(help, command) {
  /** @type {Map<string, Option[]>} */
  const groups = new Map([["Options:", []]]);
  for (const option of help.visibleOptions(command)) {
    const title = option.helpGroupHeading ?? "Options:";
    groups.set(title, [...(groups.get(title) ?? []), option]);
  }
  return [...groups].flatMap(([title, options]) =>
    section(
      title.replace(/:$/, "").toUpperCase(),
      options.flatMap((each) => tagged(help.optionTerm(each), help.optionDescription(each))),
    ),
  );
}

/**
 * What stands behind the options in the help of a command.
 * @param {Command} command
 */
function helpAfter(command) {
  let text = "";
  /** @type {import("node:events").EventEmitter} */ (/** @type {unknown} */ (command)).emit(
    "afterHelp",
    {
      error: false,
      command,
      write: (/** @type {string} */ more) => {
        text += more;
      },
    },
  );
  const [details = "", examples = ""] = text.split(/^Examples:$/m);
  const shown = examples.split("\n").filter((line) => line.trim() !== "");
  return {
    details: details
      .trim()
      .split(/\n\n+/)
      .flatMap((text, at) => [...(at > 0 ? [".PP"] : []), ...paragraph(text)]),
    examples: shown.length === 0 ? [] : literal(shown.map((line) => line.trim())),
  };
}

/**
 * Prose, which is filled again, or lines that are laid out in columns.
 * @param {string} text
 */
function paragraph(text) {
  const lines = text.split("\n");
  return /\S {2,}\S/.test(text) ? literal(lines) : lines.map(roff);
}

/**
 * Lines as they are.
 * @param {readonly string[]} lines
 */
function literal(lines) {
  return [".nf", ...lines.map(roff), ".fi"];
}

/**
 * Text as roff prints it.
 * @param {string} text
 */
function roff(text) {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("`", "\\(ga")
    .replace(
      /[^\n -~]/gu,
      (each) => `\\[u${each.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}]`,
    )
    .replaceAll("'", "\\(aq")
    .replace(/^\./gm, "\\&.");
}

/** @param {string} text */
function quoted(text) {
  return `"${text.replaceAll('"', "\\(dq")}"`;
}
