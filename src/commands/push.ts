import type { Command } from "commander";
import { LeanPickleError } from "../errors.ts";
import { formatBytes, plural } from "../output/text.ts";
import type { Pushed } from "../session/share/push-states.ts";
import { action, type Context, examples, type Host, type Outcome, outcomeOf } from "./context.ts";
import type { PushDocument } from "./json/states.ts";
import { openRemote } from "./sharing.ts";
import { callState, noStates, requireStates, tellMissing } from "./states.ts";

/** `lean-pickle push`: sends states to a remote. */
export function define(command: Command, host: Host): void {
  command
    .argument("[states...]", "session ids, names or keys (default: all)")
    .option("--force", "send also what the remote has, in its place")
    .addHelpText(
      "after",
      examples(
        "lean-pickle push --remote s3://bucket/prefix",
        "LEAN_PICKLE_REMOTE=s3://bucket/prefix lean-pickle push goal",
      ),
    )
    .action(action(host, push));
}

async function push(
  context: Context,
  references: string[],
  { force }: { force?: boolean },
): Promise<Outcome> {
  const { output } = context;
  const cache = context.openCache();
  const { states, missing } = requireStates(cache, references);
  const remote = await openRemote(context);
  if (!remote) {
    throw new LeanPickleError("usage", "No remote is named.", {
      hint: "Name one with --remote URL or LEAN_PICKLE_REMOTE, such as s3://bucket/prefix.",
    });
  }
  const { StatePusher } = await import("../session/share/push-states.ts");
  const pushed = await output.withProgress(async (progress) => {
    let done = 0;
    const since = performance.now();
    const step = () => progress.step(`Pushing (${done}/${states.length})`, since);
    const onPushed = (each: Pushed): void => {
      done++;
      step();
      show(context, each);
    };
    const pusher = new StatePusher(cache, remote, { force, onPushed });
    step();
    pusher.add(states);
    return await pusher.finish();
  });
  remote.close();
  const count = (status: Pushed["status"]) =>
    pushed.filter((each) => each.status === status).length;
  const [sent, present, skipped, failed] = [
    count("sent"),
    count("present"),
    count("skipped"),
    count("failed"),
  ];
  const bytes = pushed.reduce((sum, each) => sum + each.bytes, 0);
  if (output.json) {
    const documents = pushed.map(documentOf);
    output.jsonData({
      states: documents,
      sent,
      present,
      skipped,
      failed,
      bytes,
    } satisfies PushDocument);
  } else if (states.length === 0) {
    output.note(noStates(cache));
  } else {
    const parts = [
      `${plural(sent, "state")} sent (${formatBytes(bytes)})`,
      `${present} there already`,
      ...(skipped > 0 ? [`${skipped} skipped`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ];
    output.note(`${remote.config.url}: ${parts.join(", ")}.`);
  }
  tellMissing(output, cache, missing);
  return outcomeOf(pushed.length - failed, pushed.length + missing.length);
}

/** `-1 <tab> sent` */
function show({ output }: Context, { state, status, message }: Pushed): void {
  if (output.json) {
    return;
  }
  output.data(`${state.sessionId}\t${status}`);
  if (message !== undefined) {
    const told = `${callState(state)}: ${message}`;
    if (status === "failed") {
      output.problem(told);
    } else {
      output.note(told);
    }
  }
}

function documentOf({ state, status, bytes, message }: Pushed) {
  const { sessionId, name, key } = state;
  return { sessionId, name, key, status, bytes, ...(message !== undefined && { message }) };
}
