import { hasSystemCode, isSystemError, LeanPickleError } from "../errors.ts";
import { fileSystem } from "./file-system.ts";
import { backupPath, manifestPath } from "./layout.ts";
import { checkManifest, emptyManifest, type Manifest } from "./manifest.ts";
import { readRegularFile } from "./regular-file.ts";

/**
 * Reads the manifest of a working directory; where there is none, that of an empty cache. It takes
 * no lock, since a manifest is only ever replaced whole.
 * @throws {LeanPickleError} `cache-damaged` where it is not a manifest that this version knows
 */
export function readManifest(workingDir: string): Manifest {
  return readStored(workingDir).manifest;
}

/** A manifest, and the text that it was read from. */
export interface StoredManifest {
  manifest: Manifest;
  /** What the file holds; undefined where there is none. */
  text: string | undefined;
}

/** As {@link readManifest}, with the text of the file. */
export function readStored(workingDir: string): StoredManifest {
  const path = manifestPath(workingDir);
  const text = readText(path);
  if (text === undefined) {
    if (fileSystem.existsSync(backupPath(workingDir))) {
      throw damaged(path, "it is missing, and its backup is there", workingDir);
    }
    return { manifest: emptyManifest(), text };
  }
  const checked = parseManifest(text);
  if (checked.ok) {
    return { manifest: checked.manifest, text };
  }
  throw checked.isNewer
    ? new LeanPickleError(
        "cache-damaged",
        `The manifest ${path} is not usable: ${checked.problem}.`,
        {
          hint: "Nothing was changed. Use that lean-pickle, or a later one.",
        },
      )
    : damaged(path, checked.problem, workingDir);
}

/** The text of a manifest; undefined where there is none. */
function readText(path: string): string | undefined {
  try {
    return readRegularFile(path);
  } catch (error) {
    if (hasSystemCode(error, "ENOENT")) {
      return undefined;
    }
    if (error instanceof LeanPickleError || isSystemError(error)) {
      throw error;
    }
    // Node's own: it is longer than a text can be.
    throw new LeanPickleError("cache-damaged", `The manifest ${path} is unreadable: ${error}.`, {
      hint: "Nothing was changed. Move away what stands in its place.",
      cause: error,
    });
  }
}

function parseManifest(text: string): ReturnType<typeof checkManifest> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: text === "" ? "it is empty" : "it is not JSON" };
  }
  return checkManifest(value);
}

function damaged(path: string, problem: string, workingDir: string): LeanPickleError {
  const backup = backupPath(workingDir);
  return new LeanPickleError("cache-damaged", `The manifest ${path} is not usable: ${problem}.`, {
    hint: backupIsGood(backup)
      ? `Nothing was changed. ${backup}, from before the last change, is good: copy it over.`
      : "Nothing was changed. Restore it from a copy, or move it away to begin an empty cache.",
  });
}

function backupIsGood(backup: string): boolean {
  try {
    return parseManifest(readRegularFile(backup)).ok;
  } catch {
    // Whatever keeps it from being read, there is no good backup to offer.
    return false;
  }
}
