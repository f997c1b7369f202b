/** The few styles that the output uses; each returns its text as it is where there is no colour. */
export interface Styles {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const plain = (text: string): string => text;
const PLAIN: Styles = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

/**
 * Whether a stream gets colour: never with `--no-color` or a `NO_COLOR` that is not empty, else as
 * `FORCE_COLOR` says, else where it is a terminal that knows colours.
 */
export function wantsColor(
  stream: { isTTY?: boolean },
  color: boolean,
  env: NodeJS.ProcessEnv = process.env,
): boolean {
  if (!color || env.NO_COLOR) {
    return false;
  }
  const { FORCE_COLOR } = env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") {
    return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  }
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** The styles for a stream; chalk is loaded only where it colours. */
export async function makeStyles(colored: boolean): Promise<Styles> {
  if (!colored) {
    return PLAIN;
  }
  const { Chalk } = await import("chalk");
  // The sixteen colours of the terminal's own theme: readable on dark and on light.
  return new Chalk({ level: 1 });
}
