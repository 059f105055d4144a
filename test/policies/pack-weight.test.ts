import { execFileSync } from "node:child_process";
import { sep } from "node:path";
import { describe, expect, it } from "vitest";
import { AnalyzerProcess } from "../../deployment/policies/analyzer-process";
import { packOf, writtenPack } from "./written-pack";

/** What loading a file of the pack loads: the packages, and the pack's own files. */
function loadedBy(file: string): { readonly packages: readonly string[]; readonly own: readonly string[] } {
  const program = `require(${JSON.stringify(`./${file}`)}); console.log(JSON.stringify(Object.keys(require.cache)))`;
  const output = execFileSync(process.execPath, ["--import=tsx", "-e", program], { encoding: "utf8" });
  const loaded: unknown = JSON.parse(output);
  const paths = Array.isArray(loaded) ? loaded.map(String) : [];
  const own = paths.filter((path) => !path.includes(`${sep}node_modules${sep}`));
  const packages = paths.flatMap((path) => packageOf(path) ?? []);
  const loaders = ["esbuild", "tsx"];
  return { packages: [...new Set(packages)].filter((name) => !loaders.includes(name)).sort(), own };
}

function packageOf(path: string): string | undefined {
  const [scope = "", name = ""] = path.split(`${sep}node_modules${sep}`).at(-1)?.split(sep) ?? [];
  if (!path.includes(`${sep}node_modules${sep}`)) return undefined;
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}

describe("what the pack loads", () => {
  it("is, for all rules, exceptions and parameters, nothing but a YAML parser", () => {
    const { packages, own } = loadedBy("policies/rule-pack.ts");
    expect(packages).toEqual(["yaml"]);
    expect(own.length).toBeGreaterThan(30);
    expect(own.filter((path) => !path.includes(`${sep}policies${sep}`) && !path.includes(`${sep}lib${sep}`))).toEqual(
      [],
    );
  });

  it("has no provider SDK among the packages of CrossGuard", () => {
    const { packages } = loadedBy("policies/crossguard.ts");
    const pulumi = packages.filter((name) => name.startsWith("@pulumi/"));
    expect(pulumi).toEqual(["@pulumi/policy", "@pulumi/pulumi"]);
  });

  it("takes less than twice the time that @pulumi/policy takes alone", async () => {
    const bare = writtenPack(packOf("validateResource: () => {}"));
    const times = { bare: Number.POSITIVE_INFINITY, own: Number.POSITIVE_INFINITY };
    // Whatever else the machine does only adds to a time: one round that shows it is enough, and the others are for a busy machine.
    for (let round = 0; round < 3 && !(times.own < 2 * times.bare); round++) {
      times.bare = Math.min(times.bare, await startMilliseconds(bare));
      times.own = Math.min(times.own, await startMilliseconds("policies"));
    }
    expect(times.own).toBeLessThan(2 * times.bare);
  });
});

async function startMilliseconds(directory: string): Promise<number> {
  const before = performance.now();
  const pack = await AnalyzerProcess.start(directory);
  const after = performance.now();
  await pack.close();
  return after - before;
}
