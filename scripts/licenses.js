/** The licences of the packages of which parts are in a bundle, which ask to go with them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PACKAGE_FOLDER = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;
const LICENSE_FILE = /^(licen[cs]e|copying|notice)(\.(md|txt))?$/i;

/**
 * A document with name, version and licence of each package that modules are from.
 * @param {readonly string[]} modules the paths of the modules in the bundles
 */
export function renderLicenses(modules) {
  const folders = modules.flatMap((path) => PACKAGE_FOLDER.exec(path.replaceAll("\\", "/")) ?? []);
  return [
    "# Licences of what is bundled with lean-pickle",
    ...[...new Set(folders)].sort().map(renderPackage),
  ].join("\n\n");
}

/** @param {string} folder */
function renderPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => LICENSE_FILE.test(file));
  if (files.length === 0) {
    throw new Error(`${name} is bundled, and has no licence in ${folder}.`);
  }
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return `## ${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
}
