import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Generator } from "./generator";

/** The packages whose classes name earlier tokens of their types. */
const packageNames = ["azure-native", "cloudflare", "command", "github", "random", "tailscale"];

export interface MovedTypes {
  /** By package, the version that the table was made from. */
  readonly versions: Readonly<Record<string, string>>;
  /** By old token without a version, the token that the installed package uses. */
  readonly moved: Readonly<Record<string, string>>;
}

/** A resource class, as its JavaScript file declares it. */
export interface ResourceClass {
  readonly token: string;
  /** Earlier tokens, and those of single API versions. */
  readonly aliases: readonly string[];
  readonly isDeprecated: boolean;
}

/** The table that {@link currentType} reads; it changes with the versions of the providers' packages. */
export const generator: Generator = {
  files: () => [
    { path: "lib/moved-types.generated.json", text: `${JSON.stringify(movedTypesOfPackages(), null, 2)}\n` },
  ],
};

/**
 * Reads the table out of the installed packages: some 2,700 files, which takes a second or two.
 *
 * An alias moves to the class that states it, unless the alias is still the token of a class that is not deprecated, or several
 * classes state it: such a token means what it says, or nobody can tell.
 */
export function movedTypesOfPackages(): MovedTypes {
  const packages = installedPackages();
  const moved = packages.flatMap(({ directory }) => movesIn(resourceClasses(directory)));
  return {
    versions: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
    moved: Object.fromEntries(moved.sort(([left], [right]) => (left < right ? -1 : 1))),
  };
}

/** Every resource class of the installed packages. */
export function installedResourceClasses(): readonly ResourceClass[] {
  return installedPackages().flatMap(({ directory }) => resourceClasses(directory));
}

function installedPackages() {
  return packageNames.map((name) => ({ name, ...installedPackage(name) }));
}

function installedPackage(name: string): { readonly directory: string; readonly version: string } {
  const manifest = createRequire(__filename).resolve(`@pulumi/${name}/package.json`);
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, "utf8")));
  return { directory: dirname(manifest), version };
}

/** The classes in a package's directory and the directories of its modules. */
function resourceClasses(directory: string): readonly ResourceClass[] {
  const modules = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "node_modules")
    .map((entry) => join(directory, entry.name));
  return [directory, ...modules].flatMap((folder) =>
    readdirSync(folder)
      .filter((file) => file.endsWith(".js"))
      .flatMap((file) => resourceClass(readFileSync(join(folder, file), "utf8")) ?? []),
  );
}

function resourceClass(script: string): ResourceClass | undefined {
  const [, token] = /static __pulumiType = '([^']+)'/.exec(script) ?? [];
  if (token === undefined) return undefined;
  const [, list = ""] = /const aliasOpts = \{ aliases: \[(.*)\] \};/.exec(script) ?? [];
  return {
    token,
    aliases: [...list.matchAll(/type: "([^"]+)"/g)].map(([, alias = ""]) => alias),
    isDeprecated: /pulumi\.log\.warn\("\w+ is deprecated/.test(script),
  };
}

function movesIn(classes: readonly ResourceClass[]): [old: string, current: string][] {
  const current = new Set(classes.filter(({ isDeprecated }) => !isDeprecated).map(({ token }) => token));
  const heirs = new Map<string, Set<string>>();
  for (const { token, aliases } of classes.filter((each) => !each.isDeprecated)) {
    const unversioned = aliases.map((alias) => alias.replace(/\/v\d+\w*:/, ":"));
    for (const alias of unversioned.filter((each) => !current.has(each))) {
      heirs.set(alias, (heirs.get(alias) ?? new Set()).add(token));
    }
  }
  return [...heirs].flatMap(([alias, tokens]): [string, string][] => {
    const [only] = tokens;
    return only === undefined || tokens.size > 1 ? [] : [[alias, only]];
  });
}
