import { join } from "node:path";
import { dropCache, inFolder, measure, ours } from "../harness.js";

/**
 * One `add` against the same requests, piped straight into the REPL.
 * @type {import("../harness.js").Group}
 */
export function adding(context) {
  return inFolder((folder) => {
    const code = "def f := 42";
    const pickleTo = join(folder, "yardstick.olean");
    const requests = [{ cmd: code }, { pickleTo, env: 0 }];
    const input = requests.map((request) => `${JSON.stringify(request)}\n\n`).join("");
    const arms = [
      { name: "requests piped into the REPL", command: context.repl, args: [], input },
      ours("add -c", ["add", "-q", "-c", code], { prepare: dropCache }),
    ];
    return measure(context, arms, folder);
  });
}
