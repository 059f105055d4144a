import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { HostPackage } from "./host-package";

const cacheDirectory = join(dirname(dirname(__dirname)), "node_modules", ".cache", "host-packages");

/** Longer than any deployment takes. */
const keptMilliseconds = 24 * 3600 * 1000;

/** The name of the package's directory, here and on the host. */
export function packageName(hostName: string, { id }: HostPackage): string {
  return `${hostName}-${id}`;
}

/**
 * Writes a package as files, for a provider that copies directories. The name says what is in it, so what is there is as it should be.
 *
 * @param directory where packages are kept. Default: `node_modules/.cache/host-packages`
 * @returns the package's directory, relative to the working directory: a state is the same on every machine
 */
export function writePackage(hostName: string, content: HostPackage, directory = cacheDirectory): string {
  const target = join(directory, packageName(hostName, content));
  if (existsSync(target)) utimesSync(target, new Date(), new Date());
  else {
    const draft = `${target}.${process.pid}.new`;
    for (const [path, text] of content.files) {
      const file = join(draft, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    place(draft, target);
    clearUp(directory);
  }
  return relative(process.cwd(), target);
}

/** Packages are megabytes. One that is still wanted is written again. */
function clearUp(directory: string): void {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > keptMilliseconds) rmSync(path, { recursive: true, force: true });
  }
}

/** Two processes may write one package at once; the second finds it there. */
function place(draft: string, target: string): void {
  try {
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}
