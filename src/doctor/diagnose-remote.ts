/** Whether the remote can be used. */
import { LeanPickleError } from "../errors.ts";
import { checkRemote } from "../remote/check-remote.ts";
import { readRemoteConfig } from "../remote/config.ts";
import { type Finding, good, wrong } from "./check-result.ts";

/**
 * Checks a remote: reachable, readable, writable, its clock and the signature keys. Nothing of it
 * keeps Lean from being used, so the worst finding is a warning.
 * @param url as `--remote` names it
 */
export async function diagnoseRemote(url: string, signal: AbortSignal): Promise<Finding[]> {
  try {
    const config = readRemoteConfig(url);
    const found = config ? await checkRemote(config, { signal }) : [];
    const isFine = ({ status }: { status: string }) => status === "ok";
    const fine = found.filter(isFine).map(({ sentence }) => sentence);
    const rest = found.filter((each) => !isFine(each));
    return [
      ...(fine.length > 0 ? [good("remote", fine.join(" "), config?.url)] : []),
      ...rest.map(({ sentence }) => wrong("remote", "warning", sentence, null, config?.url)),
    ];
  } catch (error) {
    if (!(error instanceof LeanPickleError)) {
      throw error;
    }
    const found = [error.message, error.hint].filter((part) => part !== undefined).join(" ");
    return [wrong("remote", "warning", found, null)];
  }
}
