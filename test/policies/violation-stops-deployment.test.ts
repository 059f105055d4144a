import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { repository } from "../cli/run-command";
import { runHere } from "../cli/run-here";
import { packOf, writtenPack } from "./written-pack";

let project = "";
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "guarded-"));
  symlinkSync(join(repository, "node_modules"), join(project, "node_modules"), "junction");
  writeFileSync(join(project, "package.json"), '{ "name": "guarded", "version": "1.0.0" }');
  writeFileSync(
    join(project, "Pulumi.yaml"),
    'name: guarded\nruntime: { name: nodejs, options: { typescript: false, nodeargs: "--import=tsx" } }\nmain: index.ts\n',
  );
  writeFileSync(join(project, "Pulumi.dev.yaml"), "config: { 'guarded:open': false }\n");
  writeFileSync(join(project, "index.ts"), program);
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

const program = `import { NetworkSecurityGroup } from "@pulumi/azure-native/network";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { Config } from "@pulumi/pulumi";
const tags = { Project: "guarded", Environment: "dev", ManagedBy: "pulumi", Team: "platform", CostCenter: "tests" };
const group = new ResourceGroup("group", { resourceGroupName: "guarded-dev", location: "swedencentral", tags });
new NetworkSecurityGroup("network", {
  networkSecurityGroupName: "guarded-network", resourceGroupName: group.name, location: "swedencentral", tags,
  securityRules: [{
    name: "ssh", direction: "Inbound", access: "Allow", protocol: "Tcp", priority: 100, sourcePortRange: "*",
    sourceAddressPrefix: new Config().requireBoolean("open") ? "*" : "203.0.113.10",
    destinationAddressPrefix: "*", destinationPortRange: "22",
  }],
});
`;

const up = (pack: string, open: boolean) => {
  writeFileSync(join(project, "Pulumi.dev.yaml"), `config: { 'guarded:open': ${open} }\n`);
  return runHere(["up", "--stack", "dev", "--cwd", project, "--policy-pack", pack, "--yes"]);
};

/** Everything the sandbox keeps of the project: its states and the world. */
function kept(): Readonly<Record<string, string>> {
  const root = join(project, ".sandbox");
  if (!existsSync(root)) return {};
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, "utf8")]));
}

describe("a mandatory violation", () => {
  it("exits with 5 and nothing is made, before the first deployment", async () => {
    const { exitCode, output } = await up("policies", true);
    expect(output).toContain("network-no-open-ports");
    expect(output.trimEnd().split("\n").at(-1)).toContain("nothing was applied");
    expect(exitCode).toBe(5);
    expect(Object.values(kept()).join("")).not.toContain("guarded-network");
  });

  it("exits with 5 and nothing is changed, after one that complied", async () => {
    const first = await up("policies", false);
    expect(first.output).toContain("0 violations");
    expect(first.exitCode).toBe(0);
    const before = kept();
    expect(Object.values(before).join("")).toContain("guarded-network");
    const second = await up("policies", true);
    expect(second.exitCode).toBe(5);
    expect(kept()).toEqual(before);
  });

  it("of a pack that is not this project's does the same", async () => {
    const before = kept();
    const refuses = packOf(
      'validateResource: ({ type }, report) => { if (type.endsWith("NetworkSecurityGroup")) report("no"); }',
    );
    const { exitCode, output } = await up(writtenPack(refuses), false);
    expect(exitCode).toBe(5);
    expect(output).toContain("One.");
    expect(kept()).toEqual(before);
  });

  it("is not what a pack reports that cannot be loaded: that is an error, and nothing is changed either", async () => {
    const before = kept();
    const { exitCode, errors } = await up(writtenPack('throw new Error("no rules today");'), false);
    expect([0, 5]).not.toContain(exitCode);
    expect(errors).toContain("no rules today");
    expect(kept()).toEqual(before);
  });
});
