/** The program, with a fault of the system in it: the JSON of a {@link Fault} in FAULT, or none. */
import { writeFileSync } from "node:fs";
import { main } from "../../src/cli.ts";
import { inject } from "./faults.ts";

const { FAULT, CALLS } = process.env;
const { calls } = inject(FAULT === undefined ? undefined : JSON.parse(FAULT));
await main(process.argv);
if (CALLS !== undefined) {
  writeFileSync(CALLS, JSON.stringify(calls));
}
