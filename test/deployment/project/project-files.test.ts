import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConfigDecryptionError, ProjectError } from "../../../deployment/project/project-error";
import { loadProject } from "../../../deployment/project/project-file";
import { listStackFiles } from "../../../deployment/project/pulumi-stack-file";
import {
  loadStackConfiguration,
  type SandboxConfiguration,
  type SecretDecrypter,
} from "../../../sandbox/project/sandbox-configuration";

let directory = "";
beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "project-")));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(directory, name, ".."), { recursive: true });
    writeFileSync(join(directory, name), text);
  }
}

const reverser: SecretDecrypter = { decrypt: (text) => [...text].reverse().join("") };

function configuration(stack = "dev"): Promise<SandboxConfiguration> {
  return loadStackConfiguration(loadProject(directory), stack, async () => reverser);
}

async function problems(run: () => unknown): Promise<string[]> {
  try {
    await run();
  } catch (error) {
    if (error instanceof ProjectError) return error.message.split("\n");
    throw error;
  }
  return [];
}

const schema = `name: demo
runtime: nodejs
config:
  environment:
    type: string
  replicas:
    type: integer
    default: 2
  token:
    secret: true
    default: none
  azure-native:location: swedencentral
`;

describe("a project file", () => {
  it("gives name, root, entry point and stacks", async () => {
    write({
      "Pulumi.yaml":
        "name: demo\nruntime: {name: nodejs, options: {typescript: false}}\nmain: src/\nstackConfigDir: config\n",
      "src/index.js": "",
      "config/Pulumi.dev.yaml": "",
      "config/Pulumi.prod.yaml": "",
    });
    const project = loadProject(directory);
    expect(project.project).toEqual({ name: "demo", root: directory, main: join(directory, "src") });
    expect(listStackFiles(project)).toEqual(["dev", "prod"]);
  });

  it.each([
    ["Pulumi.yml", "name: demo\nruntime: nodejs\n"],
    ["Pulumi.json", '{"name": "demo", "runtime": "nodejs"}'],
  ])("may be called %s", async (name, text) => {
    write({ [name]: text });
    expect(loadProject(directory).project.name).toBe("demo");
  });

  it("is found from a directory inside the project", async () => {
    write({ "Pulumi.yaml": "name: demo\nruntime: nodejs\n", "deep/er/file": "" });
    expect(loadProject(join(directory, "deep/er")).project.root).toBe(directory);
  });

  it("that is wrong says everything at once, with positions", async () => {
    write({ "Pulumi.yaml": "name: [demo]\nruntime: nodejs\ndescripton: x\n" });
    expect(await problems(() => loadProject(directory))).toEqual([
      'Pulumi.yaml:3:1 descripton: unknown key "descripton"; did you mean "description"?',
      "Pulumi.yaml:1:1 name: expected text, got a list",
    ]);
  });

  it("of another runtime, or with an entry point that is not there, is refused", async () => {
    write({ "Pulumi.yaml": "name: demo\nruntime: python\nmain: nowhere\n" });
    expect(await problems(() => loadProject(directory))).toEqual([
      'Pulumi.yaml:2:1 runtime: expected nodejs, got "python"',
      "Pulumi.yaml:3:1 main: nowhere does not exist",
    ]);
  });

  it("with a syntax error, twice the same key, or nothing in it is refused with its position", async () => {
    write({ "Pulumi.yaml": "name: demo\nname: twice\nruntime: {\n" });
    const found = await problems(() => loadProject(directory));
    // A broken file is told once, where it is broken; the key comes when that is mended.
    expect(found).toEqual([expect.stringMatching(/^Pulumi.yaml:4:1 not valid YAML: flow map/)]);
    write({ "Pulumi.yaml": "name: demo\nname: twice\nruntime: nodejs\n" });
    expect((await problems(() => loadProject(directory)))[0]).toMatch(
      /^Pulumi.yaml:2:1 this key is there twice; remove one/,
    );
    write({ "Pulumi.yaml": "" });
    expect((await problems(() => loadProject(directory))).join()).toMatch(/name: .*expected text.*runtime: /s);
  });

  it("may have aliases, as Pulumi takes them", () => {
    write({ "Pulumi.yaml": "name: &name demo\nruntime: nodejs\ndescription: *name\n" });
    expect(loadProject(directory).description).toBe("demo");
  });

  it("that declares a key wrongly is refused at the key of the declaration", async () => {
    write({ "Pulumi.yaml": "name: demo\nruntime: nodejs\nconfig:\n  key:\n    type: text\n" });
    expect(await problems(() => loadProject(directory))).toEqual([
      'Pulumi.yaml:5:5 config.key.type: expected string, integer, number, boolean, array or object, got "text"',
    ]);
  });

  it("that is missing or much too large is refused", async () => {
    expect((await problems(() => loadProject(directory))).join()).toContain("no Pulumi.yaml");
    write({ "Pulumi.yaml": `name: demo\n#${"x".repeat(2 * 1024 * 1024)}` });
    expect((await problems(() => loadProject(directory))).join()).toContain(
      "Pulumi.yaml:1:1 the file has 2.0 MB, the limit is 2.0 MB",
    );
  });
});

describe("a stack's configuration", () => {
  it("merges defaults, qualifies keys and keeps types as text", async () => {
    write({
      "Pulumi.yaml": schema,
      "Pulumi.dev.yaml": "config:\n  environment: dev\n  demo:zones: [a, b]\n  other:key: true\n",
    });
    expect([...(await configuration()).config]).toEqual([
      ["demo:replicas", { value: "2", secret: false }],
      ["demo:token", { value: "none", secret: true }],
      ["azure-native:location", { value: "swedencentral", secret: false }],
      ["demo:environment", { value: "dev", secret: false }],
      ["demo:zones", { value: '["a","b"]', secret: false }],
      ["other:key", { value: "true", secret: false }],
    ]);
  });

  it("that is wrong says everything at once, with positions and suggestions", async () => {
    write({
      "Pulumi.yaml": schema,
      "Pulumi.dev.yaml": "config:\n  demo:enviroment: dev\n  demo:replicas: many\n  demo:token: clear\n",
    });
    expect(await problems(() => configuration())).toEqual([
      'Pulumi.dev.yaml:2:3 config.demo:enviroment: unknown key "demo:enviroment"; did you mean "demo:environment"? It is required',
      'Pulumi.dev.yaml:3:3 config.demo:replicas: expected an integer, got "many"',
      "Pulumi.dev.yaml:4:3 config.demo:token: must be encrypted; set it with `pulumi config set --secret demo:token`",
    ]);
  });

  it("that does not exist names what is required", async () => {
    write({ "Pulumi.yaml": schema });
    expect((await problems(() => configuration())).join()).toMatch(
      /^Pulumi.dev.yaml:1:1 there is no such file; .*demo:environment/,
    );
  });

  it("with a misspelled section is refused", async () => {
    write({ "Pulumi.yaml": schema, "Pulumi.dev.yaml": "confg:\n  environment: dev\n" });
    expect(await problems(() => configuration())).toEqual([
      'Pulumi.dev.yaml:1:1 confg: unknown key "confg"; did you mean "config"?',
    ]);
  });

  it.each([
    ["boolean", "yes please", "expected a boolean"],
    ["number", "x", "expected a number"],
    ["array", "text", "expected an array"],
    ["object", "[1]", "expected an object"],
  ])("checks that a %s is one", async (type, value, message) => {
    write({
      "Pulumi.yaml": `name: demo\nruntime: nodejs\nconfig:\n  key:\n    type: ${type}\n`,
      "Pulumi.dev.yaml": `config:\n  demo:key: ${value}\n`,
    });
    expect((await problems(() => configuration())).join()).toContain(message);
  });
});

describe("secrets of a stack", () => {
  const plain = "name: demo\nruntime: nodejs\n";

  it("encrypted with a passphrase are decrypted, inside objects too", async () => {
    write({
      "Pulumi.yaml": plain,
      "Pulumi.dev.yaml":
        "encryptionsalt: v1:salt\nconfig:\n  demo:a: {secure: olleh}\n  demo:b: {name: x, key: {secure: abc}}\n",
    });
    expect([...(await configuration()).config]).toEqual([
      ["demo:a", { value: "hello", secret: true }],
      ["demo:b", { value: '{"name":"x","key":"cba"}', secret: true, secretTexts: ["cba"] }],
    ]);
  });

  it("encrypted for another provider become named stand-ins, and nothing is asked for", async () => {
    write({
      "Pulumi.yaml": plain,
      "Pulumi.dev.yaml":
        "secretsprovider: azurekeyvault://vault.example/keys/k\nencryptedkey: abc\nencryptionsalt: v1:salt\nconfig:\n  demo:apiToken: {secure: v1:x:y}\n",
    });
    const refuse = (): Promise<SecretDecrypter> => {
      throw new Error("asked for a key");
    };
    const loaded = await loadStackConfiguration(loadProject(directory), "dev", refuse);
    expect(loaded.config.get("demo:apiToken")).toEqual({ value: "sandbox-apiToken", secret: true });
    expect(loaded.fakeSecrets).toEqual(["demo:apiToken"]);
  });

  it("that cannot be decrypted name the key and the remedy, and not the value", async () => {
    write({ "Pulumi.yaml": plain, "Pulumi.dev.yaml": "encryptionsalt: v1:salt\nconfig:\n  demo:a: {secure: xyzzy}\n" });
    const fail = async (): Promise<SecretDecrypter> => {
      throw new Error("wrong");
    };
    const load = () => loadStackConfiguration(loadProject(directory), "dev", fail);
    await expect(load).rejects.toThrow(ConfigDecryptionError);
    await expect(load).rejects.toThrow(/^Pulumi.dev.yaml:3:3 config.demo:a: .*PULUMI_CONFIG_PASSPHRASE/);
    await expect(load).rejects.not.toThrow(/xyzzy/);
  });
});
