import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { isSystemError } from "../../errors.ts";

/**
 * The user's cache folder for files that lean-pickle can do without: `$XDG_CACHE_HOME/lean-pickle`
 * if that is absolute (the XDG Base Directory Specification says to ignore relative ones), else
 * `~/Library/Caches/lean-pickle` on macOS, `%LOCALAPPDATA%\lean-pickle\Cache` on Windows and
 * `~/.cache/lean-pickle` elsewhere. It need not exist. Undefined if the user has no home.
 */
export function userCacheFolder(platform: NodeJS.Platform = process.platform): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (isUsable(XDG_CACHE_HOME)) {
    return join(XDG_CACHE_HOME, "lean-pickle");
  }
  const home = homeFolder();
  if (platform === "win32") {
    const local = isUsable(LOCALAPPDATA) ? LOCALAPPDATA : home && join(home, "AppData", "Local");
    return local && join(local, "lean-pickle", "Cache");
  }
  const caches = platform === "darwin" ? join("Library", "Caches") : ".cache";
  return home && join(home, caches, "lean-pickle");
}

/** The user's home; undefined if there is none, or one that is no absolute path. */
export function homeFolder(): string | undefined {
  try {
    const home = homedir();
    return isUsable(home) ? home : undefined;
  } catch (error) {
    // A user without an entry among the system's users, and without HOME, as in some containers.
    if (isSystemError(error)) {
      return undefined;
    }
    throw error;
  }
}

function isUsable(folder: string | undefined): folder is string {
  return folder !== undefined && isAbsolute(folder);
}
