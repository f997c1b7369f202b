import { inFolder, measure, NODE_START, ours, run } from "../harness.js";

/**
 * An `add` of a state that is there, against Node's own start-up.
 * @type {import("../harness.js").Group}
 */
export function warmAdd(context) {
  return inFolder((folder) => {
    const args = ["add", "-q", "-c", "def f := 42"];
    const again = ours("add of a state that is there", args, { limit: 1.6 });
    run(context, again, folder);
    return measure(context, [NODE_START, again], folder);
  });
}
