import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { listSome } from "../output/lists.ts";
import type { Output } from "../output/output.ts";
import { type Column, renderTable } from "../output/table.ts";
import { formatBytes, plural, printableLine, totalBytes } from "../output/text.ts";
import { type ManifestRepair, repairManifest } from "../store/maintenance/repair-manifest.ts";
import { type Verification, verifyCache } from "../store/maintenance/verify.ts";
import type { Finding, VerifyNote } from "../store/maintenance/verify-finding.ts";
import {
  action,
  type Context,
  examples,
  type Host,
  type Outcome,
  outcomeOf,
  stepTo,
} from "./context.ts";
import type { RepairDocument, VerifyDocument } from "./json/upkeep.ts";
import { callState, requireStates, tellMissing } from "./states.ts";

/** `lean-pickle verify`: looks at what is on disk, without Lean. */
export function define(command: Command, host: Host): void {
  command
    .argument("[states...]", "session ids, names or keys (default: all, and what else lies there)")
    .option("--repair", "restore a damaged or lost manifest from its backup; no file is removed")
    .addHelpText(
      "after",
      examples(
        "lean-pickle verify",
        "lean-pickle verify goal --json",
        "lean-pickle verify --repair",
      ),
    )
    .action(action(host, verify));
}

async function verify(
  context: Context,
  references: string[],
  { repair = false }: { repair?: boolean },
): Promise<Outcome> {
  const { output, signal } = context;
  const repaired = repair ? await repairIn(context) : undefined;
  const cache = context.openCache();
  const { states, missing } = requireStates(cache, references);
  const since = performance.now();
  let at = 0;
  const verification = await output.withProgress((progress) =>
    verifyCache(cache.workingDir, {
      ...(references.length > 0 && { only: states.map(({ sessionId }) => sessionId) }),
      signal,
      onState: (state) =>
        stepTo(progress, since, ++at, states.length, `Verifying ${callState(state)}`),
    }),
  );
  show(output, cache.workingDir, verification, repaired);
  tellMissing(output, cache, missing);
  return verification.findings.length > 0
    ? "failed"
    : outcomeOf(states.length, states.length + missing.length);
}

async function repairIn(context: Context): Promise<ManifestRepair | undefined> {
  const { options, output, changeOptions } = context;
  const repaired = await repairManifest(resolve(options.workingDir), changeOptions);
  if (repaired) {
    tellRepair(output, repaired);
  }
  return repaired;
}

function tellRepair(output: Output, repaired: ManifestRepair): void {
  const { manifest, backup, keptAs, leftOut, unknownPickles } = repaired;
  const states = plural(manifest.states.length, "state");
  output.note(`Restored the manifest, with ${states}, from ${backup}.`);
  if (keptAs !== null) {
    output.note(`What stood in its place is kept as ${keptAs}.`);
  }
  if (leftOut.length > 0) {
    const which = listSome(leftOut.map(callState));
    output.note(`Left out ${plural(leftOut.length, "state")} whose pickles are gone: ${which}.`);
  }
  for (const { path, bytes } of unknownPickles) {
    output.note(`It does not know the pickle ${path}, ${formatBytes(bytes)}, which is kept.`);
  }
}

function show(
  output: Output,
  workingDir: string,
  verification: Verification,
  repaired: ManifestRepair | undefined,
): void {
  const { states, bytes, findings, notes } = verification;
  if (output.json) {
    output.jsonData({
      repaired: repaired ? repairDocument(repaired) : null,
      ...verification,
    } satisfies VerifyDocument);
    return;
  }
  if (findings.length > 0) {
    output.data(findingsTable(findings, workingDir, output));
  }
  tellNotes(output, notes);
  const found = findings.length > 0 ? plural(findings.length, "finding") : "nothing found";
  output.note(`Verified ${plural(states, "state")}, ${formatBytes(bytes)}: ${found}.`);
  tellRemedies(output, findings);
}

function repairDocument(repair: ManifestRepair): RepairDocument {
  const { manifest, backup, keptAs, leftOut, unknownPickles } = repair;
  const { revision, nextSessionId } = manifest;
  const unknown = unknownPickles.map(({ path, bytes }) => ({ path, bytes }));
  const states = leftOut.map(({ sessionId }) => sessionId);
  return { backup, keptAs, revision, nextSessionId, leftOut: states, unknownPickles: unknown };
}

function findingsTable(
  findings: readonly Finding[],
  workingDir: string,
  { styles, width }: Output,
): string {
  const columns: Column[] = [
    { title: "ID", align: "right", style: styles.cyan },
    { title: "NAME", minWidth: 6, leaveOut: 2, style: styles.bold },
    { title: "FINDING", style: styles.red },
    { title: "WHAT", minWidth: 20 },
    { title: "FILE", minWidth: 10, leaveOut: 1 },
  ];
  const rows = findings.map(({ sessionId, name, code, message, path }) => [
    String(sessionId ?? "-"),
    name ?? "-",
    code,
    printableLine(message),
    printableLine(relative(workingDir, path)),
  ]);
  return renderTable(columns, rows, width);
}

function tellNotes(output: Output, notes: readonly VerifyNote[]): void {
  const unknown = notes.filter(({ code }) => code === "unknown-header");
  if (unknown.length > 0) {
    const which = unknown.map(({ sessionId, name }) => name ?? String(sessionId));
    output.note(
      `Which Lean wrote ${listSome(which)} is not known: the header is of an unknown form.`,
    );
  }
  const foreign = notes.filter(({ code }) => code === "foreign-file").map(({ path }) => path);
  if (foreign.length > 0) {
    output.note(`Not of lean-pickle, and left alone: ${listSome(foreign)}.`);
  }
}

/** What can be done about what was found. */
function tellRemedies(output: Output, findings: readonly Finding[]): void {
  const codes = new Set(findings.map(({ code }) => code));
  if ([...codes].some((code) => code.startsWith("pickle-") && code !== "pickle-unreadable")) {
    output.note(
      '"lean-pickle reload --repair" makes damaged states again; "lean-pickle prune --damaged" removes them.',
    );
  }
  if (codes.has("pickle-unreadable")) {
    output.note('What cannot be read is another user\'s: ask for "chmod" or "chown".');
  }
  if (codes.has("foreign-writer")) {
    output.note("What somebody else could have written is loaded only with --trust.");
  }
  const garbage = findings.filter(({ code }) => code === "garbage");
  if (garbage.length > 0) {
    const bytes = totalBytes(garbage);
    const what = `${plural(garbage.length, "file")}, ${formatBytes(bytes)}`;
    output.note(`"lean-pickle prune" removes the garbage: ${what}.`);
  }
}
