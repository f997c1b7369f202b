import { inFolder, measure, NODE_START, ours, run } from "../harness.js";

/**
 * Start-up, and what a script does again and again, against Node's own start-up.
 * @type {import("../harness.js").Group}
 */
export function startUp(context) {
  return inFolder((folder) => {
    for (let n = 0; n < 10; n++) {
      const code = `theorem t${n} (p : Prop) (h : p) : p := by sorry`;
      run(context, ours("a state", ["add", "-c", code, "--sorry", "0"]), folder);
    }
    const arms = [
      NODE_START,
      ours("--help", ["--help"], { limit: 2 }),
      ours("--version", ["--version"], { limit: 2 }),
      ours("ls -q, 10 states", ["ls", "-q"], { limit: 2 }),
      ours("ls, 10 states", ["ls"], { limit: 2 }),
    ];
    return measure(context, arms, folder);
  });
}
