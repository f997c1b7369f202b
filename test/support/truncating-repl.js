#!/usr/bin/env node
// The stand-in on a disk that is full: each pickle is cut to TRUNCATE_PICKLE bytes after it was written.
import { spawn } from "node:child_process";
import { existsSync, statSync, truncateSync } from "node:fs";
import { fileURLToPath } from "node:url";

const bytes = Number(process.env.TRUNCATE_PICKLE ?? Number.POSITIVE_INFINITY);
const repl = fileURLToPath(new URL("../simulated-repl/repl.js", import.meta.url));
const child = spawn(process.execPath, [repl], { stdio: ["pipe", "pipe", "inherit"] });

/** What each request that is not answered yet pickles to. @type {(string | undefined)[]} */
const paths = [];

/** Hands out each text that an empty line ends, and returns what is left. @param {string} text @param {(text: string) => void} use */
function takeTexts(text, use) {
  const texts = text.split("\n\n");
  const rest = texts.pop() ?? "";
  for (const each of texts) {
    use(each);
  }
  return rest;
}

let asked = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (/** @type {string} */ chunk) => {
  asked = takeTexts(asked + chunk, (text) => paths.push(JSON.parse(text).pickleTo));
  child.stdin.write(chunk);
});
process.stdin.on("end", () => child.stdin.end());
child.stdin.on("error", () => {});

let answered = "";
child.stdout.setEncoding("utf8");
child.stdout.on("data", (/** @type {string} */ chunk) => {
  answered = takeTexts(answered + chunk, (text) => {
    const path = paths.shift();
    if (path !== undefined && existsSync(path) && statSync(path).size > bytes) {
      truncateSync(path, bytes);
    }
    process.stdout.write(`${text}\n\n`);
  });
});
child.on("close", (code, signal) => {
  process.stdin.destroy();
  if (signal) {
    process.kill(process.pid, signal);
  }
  process.exitCode = code ?? 1;
});
