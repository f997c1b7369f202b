// Where one request ends and the next begins, and what it asks for.
import { StringDecoder } from "node:string_decoder";
import { uncaught } from "./process.js";

/** Cuts what arrives into requests, as the REPL does: lines lose the space at their end, and are joined. */
export class RequestFramer {
  #decoder = new StringDecoder("utf8");
  #partial = "";
  #request = "";

  /** The requests that are whole now. @param {Buffer} chunk @returns {Generator<string, void>} */
  *push(chunk) {
    const lines = (this.#partial + this.#decoder.write(chunk)).split("\n");
    this.#partial = lines.pop() ?? "";
    for (const line of lines) {
      const isBlank = line.trim() === "";
      const request = this.#request + (isBlank ? `${line}\n` : line.trimEnd());
      this.#request = isBlank ? "" : request;
      if (isBlank) yield request;
    }
  }
  /** The last request, which the end of input ends, if there is one. */
  end() {
    return [this.#request + this.#partial].filter((text) => text !== "");
  }
}
/** @typedef {{ kind: string, path: string, cmd: string, tactic: string, proofState: number, env: number | undefined }} Request */

const CODE = { env: "id?", allTactics: "boolean?", rootGoals: "boolean?", infotree: "string?" };
/** The fields of each kind and their types, in the order in which the REPL tries them. */
const SHAPES = {
  tactic: { tactic: "string", proofState: "id" },
  pickleEnv: { pickleTo: "string", env: "id" },
  unpickleEnv: { unpickleEnvFrom: "string" },
  pickleProofState: { pickleTo: "string", proofState: "id" },
  unpickleProofState: { unpickleProofStateFrom: "string", env: "id?" },
  command: { cmd: "string", ...CODE },
  file: { path: "string", ...CODE },
};
/** @param {string} text @returns {any} */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    const place = `offset ${[...text].length}: unexpected end of input`;
    throw uncaught(`{"message": "Could not parse JSON:\\n${place}"}`);
  }
}
/** The request that a text is; the REPL dies of bad JSON and of a shape it does not know. @param {string} text @returns {Request} */
export function parseRequest(text) {
  const json = parseJson(text);
  const kind = Object.entries(SHAPES).find(([, fields]) =>
    Object.entries(fields).every(([name, type]) => {
      const value = json?.[name];
      const isId = Number.isInteger(value) && value >= 0;
      const fits = type.startsWith("id") ? isId : typeof value === type.replace("?", "");
      return value == null ? type.endsWith("?") : fits;
    }),
  )?.[0];
  if (!kind) throw uncaught('{"message": "Could not parse as a valid JSON command:\\n"}');
  const paths = [json.pickleTo, json.unpickleEnvFrom, json.unpickleProofStateFrom, json.path];
  return { ...json, kind, path: paths.find((each) => each != null), env: json.env ?? undefined };
}
