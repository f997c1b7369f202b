import type { Command } from "commander";
import { type Finding, good, shellWord, wrong } from "../doctor/check-result.ts";
import { diagnose } from "../doctor/diagnose.ts";
import { type RoundTrip, roundTrip } from "../doctor/round-trip.ts";
import { type CacheSurvey, surveyCache } from "../doctor/survey-cache.ts";
import { LeanPickleError } from "../errors.ts";
import type { Output } from "../output/output.ts";
import type { Styles } from "../output/styles.ts";
import { formatBytes, plural, printable } from "../output/text.ts";
import { releaseOfVersion, versionOfToolchain } from "../system/lean-version.ts";
import { sentenceOf } from "../system/system-error.ts";
import { findRepl } from "../toolchain/find-repl.ts";
import { action, type Context, examples, type Host, type Outcome } from "./context.ts";
import type { DoctorDocument, TripDocument } from "./json/lean-here.ts";
import { stepsDocument, stepTimes } from "./render/timed-steps.ts";

/** The most time that lake, and each request of the round trip, gets, in seconds. */
const MOST_TIME_S = 60;

/** Without these there is nothing to try. */
const NEEDED = new Set(["lake", "lean", "project", "toolchain", "REPL"]);

/** `lean-pickle doctor`: reports what is here, and tries the REPL. */
export function define(command: Command, host: Host): void {
  command
    .addHelpText(
      "after",
      `
It changes and downloads nothing. The exit code is 0 if Lean can be used, and 5
if something has to be done first.
${examples("lean-pickle doctor", "lean-pickle doctor --project ~/my-project --json")}`,
    )
    .action(action(host, doctor));
}

async function doctor(context: Context): Promise<Outcome> {
  const { output, options } = context;
  const timeout = Math.min(options.timeout, MOST_TIME_S);
  const search = { ...options, timeout, signal: context.signal };
  const { findings, trip } = await output.withProgress(async (progress) => {
    progress.step("Looking around", performance.now());
    const findings = await diagnose(search);
    findings.push(ofCache(await surveyCache(options.workingDir)));
    if (options.remote !== undefined) {
      const { diagnoseRemote } = await import("../doctor/diagnose-remote.ts");
      findings.push(...(await diagnoseRemote(options.remote, context.signal)));
    }
    if (findings.some(({ what, status }) => NEEDED.has(what) && status === "bad")) {
      return { findings, trip: undefined };
    }
    const repl = await findRepl(search);
    const onStep = (step: string) => progress.step(`Trying the REPL: ${step}`, performance.now());
    const trip = await roundTrip(repl, { ...context.serverOptions, timeout, onStep });
    findings.push(ofTrip(trip, repl.toolchain));
    return { findings, trip };
  });
  const isUsable = findings.every(({ status }) => status !== "bad");
  if (output.json) {
    output.jsonData({
      ok: isUsable,
      findings,
      roundTrip: trip ? asJson(trip) : null,
    } satisfies DoctorDocument);
  } else {
    output.data(layOut(findings, output));
  }
  return isUsable ? "done" : "unusable";
}

function ofCache(survey: CacheSurvey): Finding {
  const { workingDir, states, bytes, garbage, lockedBy, damage, isDenied, readOnly } = survey;
  const inIt = workingDir === process.cwd() ? "" : ` -d ${shellWord(workingDir)}`;
  if (damage !== null) {
    const mend = isDenied ? null : `lean-pickle verify --repair${inIt}`;
    return wrong("cache", "bad", damage, mend, workingDir);
  }
  const size = states === 0 ? "no states" : `${plural(states, "state")}, ${formatBytes(bytes)}`;
  const locked = lockedBy === null ? "" : `; locked by ${lockedBy}`;
  if (readOnly !== null) {
    return wrong("cache", "warning", `${size}${locked}; ${readOnly}`, null, workingDir);
  }
  if (garbage.files > 0) {
    const rest = `${plural(garbage.files, "file")} (${formatBytes(garbage.bytes)}) that no state needs`;
    const mend = `lean-pickle prune${inIt}`;
    return wrong("cache", "warning", `${size}; ${rest}${locked}`, mend, workingDir);
  }
  return good("cache", `${size}${locked}`, workingDir);
}

function ofTrip({ steps, header, failed }: RoundTrip, toolchain: string | null): Finding {
  if (!failed) {
    const isKnown = toolchain === null ? null : versionOfToolchain(toolchain);
    const lean = header?.leanVersion;
    const clause = `${stepTimes(steps)}${lean ? `, with Lean ${lean}` : ""}`;
    // A release candidate may go by the name of its release.
    return isKnown && lean && releaseOfVersion(isKnown) !== releaseOfVersion(lean)
      ? wrong("round trip", "warning", `${clause}, and not ${isKnown}, as its toolchain says`, null)
      : good("round trip", clause);
  }
  const { step, error } = failed;
  const why = sentenceOf(error);
  const hint = error instanceof LeanPickleError && error.hint ? `\n${error.hint}` : "";
  return wrong("round trip", "bad", `${step}: ${why}${hint}`, null);
}

function asJson({ steps, header, failed }: RoundTrip): TripDocument {
  const error = failed && {
    step: failed.step,
    code: failed.error instanceof LeanPickleError ? failed.error.code : "system",
    message: failed.error.message,
  };
  return { steps: stepsDocument(steps), header, ...(error && { error }) };
}

/** One screen: a line for each finding, where it was found, and below it the command that mends it. */
function layOut(findings: readonly Finding[], { styles, width }: Output): string {
  const told = new Set<string>();
  const lines = findings.flatMap(({ what, status, found, from, mend }) => {
    const start = `${mark(status, styles)}  ${what.padEnd(10)}  `;
    const text = printable(found).replaceAll("\n", `\n${INDENT}`);
    const where = from === null ? "" : printable(from);
    const fits = INDENT.length + found.length + where.length + 2 <= width;
    const place = where === "" ? [] : [styles.dim(where)];
    const isNew = mend !== null && !told.has(mend);
    told.add(mend ?? "");
    return [
      fits ? [`${start}${text}`, ...place].join("  ") : `${start}${text}`,
      ...(fits ? [] : place.map((each) => `${INDENT}${each}`)),
      ...(isNew ? [`${INDENT}${styles.bold(printable(mend))}`] : []),
    ];
  });
  return lines.join("\n");
}

const INDENT = " ".repeat("warning  round trip  ".length);

function mark(status: Finding["status"], styles: Styles): string {
  const colour = { good: styles.green, warning: styles.yellow, bad: styles.red }[status];
  return colour(status.padEnd("warning".length));
}
