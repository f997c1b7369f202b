import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isSystemError, LeanPickleError } from "../../src/errors.ts";
import { repairManifest } from "../../src/store/maintenance/repair-manifest.ts";
import { readManifest } from "../../src/store/manifest/read-manifest.ts";
import { temporaryFolder } from "../support/folders.ts";
import { succeed } from "../support/program.ts";
import { FAULT_CODES, type Fault, inject } from "./faults.ts";
import { isLong, tell } from "./scale.ts";

const DAMAGED = '{"version": 1, "revision": 2';

/** A cache whose manifest is damaged, and whose backup does not know the second of its states. */
async function damagedCache(): Promise<{ template: string; lost: string }> {
  const template = temporaryFolder();
  await succeed(["add", "-c", "def f := 1"], { cwd: template });
  await succeed(["add", "-c", "def g := 1"], { cwd: template });
  const lost = (await succeed(["show", "-2", "--path"], { cwd: template })).slice(template.length);
  writeFileSync(join(template, "lean-pickle.json"), DAMAGED);
  return { template, lost };
}

function copyOf(template: string): string {
  const cwd = temporaryFolder();
  cpSync(template, cwd, { recursive: true });
  return cwd;
}

/** The texts of all files in a folder that are, or were, a manifest. */
function manifestTexts(cwd: string): string[] {
  const names = readdirSync(cwd).filter((name) => /^lean-pickle\.json(\.damaged|$)/.test(name));
  return names.map((name) => readFileSync(join(cwd, name), "utf8"));
}

/** What must hold once it was repaired. */
function checkRepaired(cwd: string, lost: string): void {
  const { states, nextSessionId } = readManifest(cwd);
  expect(states.map(({ sessionId }) => sessionId)).toEqual([-1]);
  expect(nextSessionId).toBeLessThan(-2);
  expect(existsSync(join(cwd, lost))).toBe(true);
  expect(manifestTexts(cwd)).toContain(DAMAGED);
}

describe("verify --repair", () => {
  it(
    "leaves everything as it was where the system fails",
    async () => {
      const { template, lost } = await damagedCache();
      const rehearsal = inject();
      await repairManifest(copyOf(template), {}).finally(() => rehearsal.end());
      const { length } = rehearsal.calls;
      let faults = 0;
      for (let at = 0; at < length; at++) {
        const whats = FAULT_CODES.filter((_, index) => isLong || index === at % FAULT_CODES.length);
        for (const fault of whats.map((what): Fault => ({ at, what }))) {
          faults++;
          const cwd = copyOf(template);
          const injection = inject(fault);
          const where = `${fault.what} at ${JSON.stringify(rehearsal.calls[at]?.name)}`;
          await repairManifest(cwd, { lockTimeout: 0.5 })
            .catch((error: unknown) => {
              const isForeseen = isSystemError(error) || error instanceof LeanPickleError;
              expect(isForeseen, `${where}: ${error}`).toBe(true);
            })
            .finally(() => injection.end());
          // What could be done, and not synced or ended well, is done.
          const isAsItWas = manifestTexts(cwd).join() === DAMAGED;
          if (!isAsItWas) {
            checkRepaired(cwd, lost);
          }
          expect(existsSync(join(cwd, "lean-pickle.json")), where).toBe(true);
          rmSync(cwd, { recursive: true });
        }
      }
      tell(`faults of the system in verify --repair: ${faults} at ${length} calls`);
    },
    isLong ? 3_600_000 : undefined,
  );
});
