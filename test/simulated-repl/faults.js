// Which requests something goes wrong with.
import { Death, flood, hang, segfault, uncaught } from "./effects.js";
import { log } from "./log.js";
import { textOfPickle } from "./olean.js";

/** @import { Request } from "./requests.js" */
/** @import { Settings } from "./settings.js" */

const CLOSURES = [
  "INTERNAL PANIC: closures cannot be compacted.",
  "One possible cause of this error is trying to store a function in a persistent environment extension.",
].join(" ");

/** Counts the requests and the picklings of this process and strikes where it was told to. */
export class Faults {
  #requests = 0;
  #picklings = 0;

  /** @param {Settings} settings */
  constructor(settings) {
    this.settings = settings;
  }

  /**
   * A request has been read: it may crash, hang, or get an answer that is not JSON (then true).
   * @param {string} text the request
   * @param {Request} request
   */
  beforeAnswer(text, request) {
    const { settings } = this;
    this.#requests += 1;
    log(settings.log, "request", request.kind);
    flood(settings.stderrPerRequest);
    const struck = (/** @type {number | undefined} */ at, /** @type {string | undefined} */ on) =>
      at === this.#requests || (on !== undefined && this.#holds(text, request, on));
    if (struck(settings.hangAt, settings.hangOn)) hang();
    if (struck(settings.segvAt, settings.segvOn)) segfault();
    if (struck(settings.crashAt, settings.crashOn)) throw uncaught("simulated crash");
    return struck(settings.garbageAt, settings.garbageOn);
  }

  /**
   * A state is about to be pickled: it may hold closures, or the process may hang halfway (true).
   * @param {unknown} content
   */
  beforePickle(content) {
    const { closuresAt, closuresOn, hangInPickleAt } = this.settings;
    this.#picklings += 1;
    const held = closuresOn !== undefined && JSON.stringify(content).includes(inJson(closuresOn));
    if (closuresAt === this.#picklings || held) throw new Death(CLOSURES);
    return hangInPickleAt === this.#picklings;
  }

  /**
   * Whether a request holds a text, however its JSON is escaped, or the pickle does that it names:
   * a test knows what is in a state, and not what its file is called.
   * @param {string} text
   * @param {Request} request
   * @param {string} wanted
   */
  #holds(text, request, wanted) {
    const escaped = inJson(wanted);
    if (text.includes(wanted) || JSON.stringify(JSON.parse(text)).includes(escaped)) return true;
    const unpickles = request.kind === "unpickleEnv" || request.kind === "unpickleProofState";
    return unpickles && textOfPickle(request.path).includes(escaped);
  }
}

/** A text as it stands inside a JSON string. @param {string} text */
function inJson(text) {
  return JSON.stringify(text).slice(1, -1);
}
