/** Prints the ten test files that took longest, from a JSON report of vitest. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const [, , path = ""] = process.argv;
/** @type {{ testResults: { name: string, startTime: number, endTime: number }[] }} */
const { testResults } = JSON.parse(readFileSync(path, "utf8"));
const slowest = testResults
  .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
  .sort((a, b) => b.seconds - a.seconds)
  .slice(0, 10);
console.log("The ten slowest test files:");
for (const { name, seconds } of slowest) {
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${relative(process.cwd(), name)}`);
}
