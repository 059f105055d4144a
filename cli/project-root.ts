import { dirname, join, resolve } from "node:path";
import type { SharedOptions } from "./options";

/** The directory of this project: the one that holds `Pulumi.yaml` and `package.json`. */
export const projectRoot = dirname(__dirname);

/** The project that is worked on: this one, or that of `--cwd`. */
export function projectDirectory({ cwd }: SharedOptions): string {
  return cwd === undefined ? projectRoot : givenPath(cwd);
}

/** The pack that was asked for, or this project's own; another project has none unless it is named. */
export function policyPackDirectories({ cwd, policyPack }: SharedOptions): readonly string[] {
  if (policyPack !== undefined) return [givenPath(policyPack)];
  return cwd === undefined ? [join(projectRoot, "policies")] : [];
}

/** npm runs scripts in the project's directory; a relative path is meant from where npm was called. */
export function givenPath(path: string): string {
  return resolve(process.env.INIT_CWD ?? process.cwd(), path);
}
