import { execFileSync } from "node:child_process";
import { join, sep } from "node:path";
import { expect, it } from "vitest";

const root = join(__dirname, "..", "..");

/** Names of the installed packages that a file loads, with everything that it imports. */
function packagesLoadedBy(file: string): readonly string[] {
  const program = `require("./lib/module-loader/typescript-loader.cjs"); require("./${file}"); process.stdout.write(JSON.stringify(Object.keys(require.cache)));`;
  const output = execFileSync(process.execPath, ["-e", program], { cwd: root, encoding: "utf8" });
  const loaded: unknown = JSON.parse(output);
  const paths = Array.isArray(loaded) ? loaded.map(String) : [];
  return paths.flatMap((path) =>
    path
      .split(`${sep}node_modules${sep}`)
      .slice(-1)
      .flatMap((rest) => rest.split(sep)[0] ?? []),
  );
}

it("what every deployment loads is without the GitHub client, which takes a twentieth of the time to start", () => {
  expect(packagesLoadedBy("lib/github/github-repository.ts")).toContain("@octokit");
  expect(packagesLoadedBy("cli/locked-stack.ts")).not.toContain("@octokit");
});

it("a command on the sandbox is without the clients of real clouds, which take an eighth of a second", () => {
  expect(packagesLoadedBy("operations/failover/read-lease.ts")).toContain("@azure");
  const loaded = new Set(packagesLoadedBy("cli/engines/sandbox-engine.ts"));
  expect(["@azure", "@octokit", "cloudflare"].filter((name) => loaded.has(name))).toEqual([]);
});
