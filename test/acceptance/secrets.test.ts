import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Secret } from "../../deployment/values/property-value";
import { defaultPassphrase, PassphraseCipher } from "../../sandbox/engine/state/passphrase-cipher";
import type { CommandRun } from "../cli/run-command";
import { type SmallProject, smallProject } from "../cli/small-project";
import { checkedEvents } from "./engine-event-schema";
import { keptFiles } from "./kept-data";
import { ProjectCopy } from "./project-copy";
import { expectNoSecretKept, expectNoSecretPrinted } from "./secrets";

const program = `import { ResourceGroup } from "@pulumi/azure-native/resources";
import { Secret, Vault } from "@pulumi/azure-native/keyvault";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { ActionsSecret } from "@pulumi/github/actionsSecret";
import { Config, interpolate, secret } from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random/randomPassword";
import { TailnetKey } from "@pulumi/tailscale/tailnetKey";

const token = new Config().requireSecret("token");
const password = new RandomPassword("password", { length: 24 });
const key = new TailnetKey("key", {});
const group = new ResourceGroup("group", { resourceGroupName: "canaries", location: "swedencentral" });
const vault = new Vault("vault", {
  resourceGroupName: group.name,
  vaultName: "canaries-vault",
  properties: { tenantId: "00000000-0000-4000-8000-000000000002", sku: { family: "A", name: "standard" } },
});
new Secret("kept", {
  resourceGroupName: group.name,
  vaultName: vault.name,
  secretName: "kept",
  properties: { value: password.result },
});
new ActionsSecret("deploy", { repository: "alai-home-web", secretName: "TOKEN", value: interpolate\`\${token}-\${process.env.GENERATION ?? 1}\` });
new StorageAccount("account", {
  resourceGroupName: group.name,
  accountName: process.env.BAD === "1" ? token : "canaryaccount",
  kind: "StorageV2",
  sku: { name: "Standard_LRS" },
  tags: { note: token, deep: secret("canary-in-the-program") },
});
if (process.env.THROWS === "1") token.apply((text) => { throw new Error("cannot use " + text); });
if (process.env.LOGS === "1") token.apply((text) => console.log("the token is " + text));

export const plain = group.name;
export const hidden = { token, password: password.result, sentence: interpolate\`key \${key.key}\` };
`;

/** What the canary project and its commands must never show. */
const canaries = ["canary-Token-0123456789", "canary-in-the-program"];

describe("a small project's secrets", () => {
  let project: SmallProject;
  let secrets: readonly string[];
  const sandbox = () => join(project.directory, ".sandbox");

  beforeAll(async () => {
    project = smallProject();
    project.write("Pulumi.yaml", "name: canaries\nruntime: nodejs\nmain: index.ts\n");
    project.write("Pulumi.dev.yaml", await encryptedConfig({ "canaries:token": canaries[0] ?? "" }));
    project.write("index.ts", program);
    const preview = await project.runHere(["preview", "--diff"]);
    expect(preview.exitCode).toBe(0);
    expectNoSecretPrinted(preview, canaries);
    const up = await project.runHere(["up", "--yes", "--diff"]);
    expect(up.exitCode).toBe(0);
    expectNoSecretPrinted(up, canaries);
    const shown = await project.runHere(["outputs", "--json", "--show-secrets"]);
    const { hidden } = JSON.parse(shown.output);
    expect(hidden).toMatchObject({ token: canaries[0], sentence: expect.stringMatching(/^key tskey-auth-/) });
    secrets = [...canaries, hidden.password, hidden.sentence.slice("key ".length)];
    expectNoSecretPrinted(up, secrets);
  }, 120_000);
  afterAll(() => project.remove());

  const run = async (args: readonly string[], environment: Record<string, string> = {}): Promise<CommandRun> => {
    const result = await project.runHere(args, environment);
    expectNoSecretPrinted(result, secrets);
    expectNoSecretKept(sandbox(), secrets);
    return result;
  };

  it("are in no file, and the state is a deployment document of version 3", () => {
    expectNoSecretKept(sandbox(), secrets);
    const document = JSON.parse(keptFiles(sandbox())["state/canaries/dev.json"] ?? "");
    expect(document).toMatchObject({ version: 3, deployment: { secrets_providers: { type: "passphrase" } } });
  });

  it("are not printed by outputs unless asked for", async () => {
    expect(JSON.parse((await run(["outputs", "--json"])).output)).toMatchObject({
      plain: "canaries",
      hidden: { token: "[secret]", password: "[secret]", sentence: "[secret]" },
    });
    expect((await run(["outputs"])).output).toContain("[secret]");
  });

  it.each([
    [["up", "--json"], 0],
    [["preview", "--json", "--diff"], 0],
    [["drift", "--diff"], 7],
    [["refresh", "--stack", "dev", "--yes", "--json"], 0],
    [["destroy", "--stack", "dev"], 2],
  ] as const)(
    "are not printed by %j",
    async (args, exitCode) => {
      const generation = args[0] === "up" ? "2" : "3";
      const result = await run(args, { GENERATION: generation });
      expect(result.exitCode).toBe(exitCode);
      if ((args as readonly string[]).includes("--json"))
        expect(checkedEvents(result.output).length).toBeGreaterThan(10);
    },
    60_000,
  );

  it("are not repeated by a service that refuses them, nor by a program that fails with them or prints them", async () => {
    const refused = await run(["up", "--yes"], { BAD: "1" });
    expect([refused.exitCode, refused.output]).toEqual([4, expect.stringContaining("[secret]")]);
    const thrown = await run(["up", "--yes", "--json"], { THROWS: "1" });
    expect([thrown.exitCode, thrown.output]).toEqual([1, expect.stringContaining("cannot use [secret]")]);
    const before = await run(["preview", "--policy-pack", canaries[0] ?? ""]);
    expect([before.exitCode, before.output + before.errors]).toEqual([2, expect.stringContaining("[secret]")]);
    const logged = await run(["preview"], { LOGS: "1" });
    expect([logged.exitCode, logged.output]).toEqual([0, expect.stringContaining("the token is [secret]")]);
  }, 60_000);
});

describe("the secret of ALAI's hosts: the key that a laptop may install them with", () => {
  const project = new ProjectCopy();
  const secrets = ["canary-Host-Key-0123456789"];
  afterAll(() => project.remove());

  it("is nowhere, whether a command succeeds or fails", async () => {
    const [key = ""] = secrets;
    const plain = project.read("Pulumi.hosts.yaml").replace(/^secretsprovider:.*\nencryptedkey:.*\nconfig:\n/m, "");
    project.write("Pulumi.hosts.yaml", `${await encryptedConfig({ "landscape:hostSshKey": key })}${plain}`);
    const fault = { effect: "fail", type: "command:remote:Command", operation: "create" };
    project.write("faults.json", JSON.stringify({ faults: [fault] }));
    const run = async (exitCode: number, args: readonly string[], environment: Record<string, string> = {}) => {
      const result = await project.run(args, environment);
      expect({ exitCode: result.exitCode, errors: result.errors }).toEqual({ exitCode, errors: expect.anything() });
      expectNoSecretPrinted(result, secrets);
      expectNoSecretKept(project.path(".sandbox"), secrets);
      return result;
    };

    await run(0, ["up", "--yes", "--stack", "prod", "--skip-preview"]);
    const hosts = ["--stack", "hosts"];
    await run(4, ["up", "--yes", "--diff", ...hosts], { SANDBOX_FAULTS: project.path("faults.json") });
    const applied = await run(0, ["up", "--json", ...hosts]);
    expect(checkedEvents(applied.output).length).toBeGreaterThan(50);
    // The copy has no list of what nobody has to manage, and the tailnet has devices.
    await run(7, ["drift", "--diff", ...hosts]);
    await run(5, ["destroy", "--yes", "--diff", ...hosts]);
    // What reads accounts and states beside the deployments.
    await run(0, ["adopt", "--dry-run", "--json", ...hosts]);
    const { output } = await run(0, ["state", "--json", ...hosts]);
    await run(0, ["state", "--restore", JSON.parse(output).at(-1).id, "--yes", "--json", ...hosts]);
  }, 240_000);
});

/** A stack file whose values are encrypted with the sandbox's passphrase. */
async function encryptedConfig(values: Readonly<Record<string, string>>): Promise<string> {
  const cipher = await PassphraseCipher.create(defaultPassphrase);
  const lines = Object.entries(values).map(
    ([key, text]) => `  ${key}: ${JSON.stringify({ secure: cipher.encode(new Secret(text), () => text) })}\n`,
  );
  return `encryptionsalt: ${cipher.saltLine}\nconfig:\n${lines.join("")}`;
}
