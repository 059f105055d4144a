import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadProject } from "../../deployment/project/project-file";
import { formatProblem } from "../../lib/located-yaml/problem";
import { previewConfiguration } from "../../operations/preview-environments/preview-stack-file";
import { loadStackConfiguration } from "../../sandbox/project/sandbox-configuration";
import { configurationProblems } from "../../stacks/configuration-problems";
import { previewStackOf, stackDefinition, stackDefinitions, systemNames, systemProgram } from "../../stacks/registry";
import { commonSettings } from "../../stacks/settings";

const root = join(__dirname, "..", "..");
const project = loadProject(root);

/** The values that the sandbox hands to the program of a stack, with a text changed in its file. */
async function problemsOf(
  stackName: string,
  change: (text: string) => string = (text) => text,
  template = stackName,
): Promise<string[]> {
  const directory = mkdtempSync(join(tmpdir(), "configuration-"));
  const file = join(directory, `Pulumi.${stackName}.yaml`);
  const before = readFileSync(join(root, `Pulumi.${template}.yaml`), "utf8");
  writeFileSync(file, change(before));
  const { config } = await loadStackConfiguration({ ...project, stackConfigDirectory: directory }, stackName, () => {
    throw new Error("nothing here is encrypted with a passphrase");
  });
  const values = Object.fromEntries([...config].map(([key, { value }]) => [key, value]));
  const stack = stackDefinition(stackName);
  const own = systemProgram(stack).settings[stack.environment] ?? {};
  return configurationProblems({ project: "landscape", stack, own, values, file }).map(formatProblem);
}

const add = (line: string) => (text: string) => `${text.trimEnd()}\n  ${line}\n`;
const replace = (from: string | RegExp, to: string) => (text: string) => {
  expect(text).toMatch(from);
  return text.replace(from, to);
};

describe("the configuration of a stack", () => {
  it.each(stackDefinitions.map(({ name }) => name))("of %s is right", async (name) => {
    expect(await problemsOf(name)).toEqual([]);
  });

  const previews = systemNames.flatMap((system) => {
    const name = previewStackOf(system, 7);
    return name === undefined ? [] : [{ system, name }];
  });
  it.each(previews)("of every preview environment of $system is right", async ({ system, name }) => {
    const filled = (text: string) => previewConfiguration(text, { system, pullRequest: 7, expiry: "2026-12-01" });
    expect(await problemsOf(name, filled, "preview")).toEqual([]);
  });

  it.each([
    ["landscape:foo: x", 'config.landscape:foo: unknown key "foo"; known keys: system, environment, '],
    ["azure-native:locaton: x", 'config.azure-native:locaton: unknown key "locaton"; did you mean "location"?'],
    [
      "azure-natve:location: x",
      'config.azure-natve:location: unknown package "azure-natve"; did you mean "azure-native"?',
    ],
    ["command:shell: x", 'config.command:shell: unknown key "shell"; command reads nothing'],
    [
      "landscape:location: swedncentral",
      'config.landscape:location: expected an Azure region in its short form, got "swedncentral"; did you mean "swedencentral"?',
    ],
    [
      "landscape:system: nowhere",
      'config.landscape:system: the stack dev belongs to the system alai (stacks/systems.yaml), and there is no directory stacks/nowhere; got "nowhere"',
    ],
    ["landscape:hostAddresses: [10.0.0.1]", 'config.landscape:hostAddresses[0]: "10.0.0.1" is a private address'],
  ])("with %s is refused at its line", async (line, problem) => {
    const problems = await problemsOf("dev", add(line));
    const lines = readFileSync(join(root, "Pulumi.dev.yaml"), "utf8").trimEnd().split("\n").length;
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(new RegExp(`^Pulumi\\.dev\\.yaml:${lines + 1}:\\d+ `));
    expect(problems[0]).toContain(problem);
  });

  it.each([
    ["203.0.113.300", "is not an IPv4 address or CIDR block"],
    ["203.0.0.0/16", "is wider than /24; list the addresses that need it"],
    ["0.0.0.0", "lets every Azure tenant in"],
  ])("that lets in %s is refused", async (address, problem) => {
    const [found] = await problemsOf("dev", replace("203.0.113.10", address));
    expect(found).toContain(`config.landscape:operatorAddresses[0]: "${address}" ${problem}`);
  });

  it("names the key that was meant when a required one is missing, and tells it once", async () => {
    expect(await problemsOf("dev", replace("landscape:cloudflareAccountId", "landscape:cloudflareAcountId"))).toEqual([
      expect.stringContaining(
        'config.landscape:cloudflareAcountId: unknown key "cloudflareAcountId"; did you mean "cloudflareAccountId"? It is required',
      ),
    ]);
    await expect(problemsOf("dev", replace("landscape:environment", "landscape:enviroment"))).rejects.toThrow(
      /Pulumi\.dev\.yaml:\d+:3 config\.landscape:enviroment: unknown key "landscape:enviroment"; did you mean "landscape:environment"\? It is required$/,
    );
  });

  it("says how to set what is missing", async () => {
    expect(await problemsOf("dev", replace(/ {2}landscape:alertEmails.*\n/, ""))).toEqual([
      expect.stringMatching(
        /^Pulumi\.dev\.yaml:\d+:1 config: landscape:alertEmails is missing, which this stack needs; set it: pulumi config set landscape:alertEmails VALUE$/,
      ),
    ]);
  });

  it("quotes nothing that is encrypted", async () => {
    const secret = replace(
      "landscape:deployingAppId: 600001",
      "landscape:deployingAppId:\n    secure: c3RhbmQtaW4=\n  landscape:x: 1",
    );
    const problems = (await problemsOf("prod", secret)).filter((problem) => problem.includes("deployingAppId:"));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/deployingAppId: expected a number$/);
  });
});

describe("the registry", () => {
  it("names systems that are directories", () => {
    const directories = readdirSync(join(root, "stacks"), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    // What the inventories of all systems are checked with lies beside them.
    expect([...systemNames, "inventory"].sort()).toEqual(directories.sort());
  });

  it("gives every declared setting of Pulumi.yaml a schema, and every common setting a default or a declaration", () => {
    const declared = [...project.declarations.keys()].map((key) => key.replace("landscape:", ""));
    expect(declared.sort()).toEqual(Object.keys(commonSettings).sort());
  });

  it("refuses a stack that it does not know", () => {
    expect(() => stackDefinition("prd")).toThrow(
      'stack "prd": it is not defined; the stacks are bootstrap, prod, dev, hosts',
    );
  });
});
