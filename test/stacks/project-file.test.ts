import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { stackDefinitions } from "../../stacks/registry";

const root = join(__dirname, "..", "..");

/** What the real engine accepts in the config section of `Pulumi.yaml` (`sdk/go/common/workspace/project.json` of pulumi/pulumi). */
const declaration = z.union([
  z.strictObject({
    type: z.enum(["string", "integer", "boolean"]),
    description: z.string(),
    secret: z.boolean().optional(),
    default: z.unknown().optional(),
  }),
  z.strictObject({
    type: z.literal("array"),
    items: z.strictObject({ type: z.enum(["string", "integer", "boolean"]) }),
    description: z.string(),
    secret: z.boolean().optional(),
    default: z.array(z.unknown()).optional(),
  }),
]);

const projectFile = z.looseObject({
  name: z.literal("landscape"),
  main: z.literal("index.ts"),
  runtime: z.strictObject({ name: z.literal("nodejs"), options: z.record(z.string(), z.unknown()) }),
  config: z.record(z.string(), declaration),
});

const project = projectFile.parse(parse(readFileSync(join(root, "Pulumi.yaml"), "utf8")));

describe("Pulumi.yaml", () => {
  it("lets the real engine load TypeScript with this project's loader, unchecked and without stack traces", () => {
    expect(project.runtime.options.typescript).toBe(false);
    const loaders = ["code-cache", "typescript-loader"].map((name) => `--require=./lib/module-loader/${name}.cjs`);
    expect(project.runtime.options.nodeargs).toBe([...loaders, "--stack-trace-limit=0"].join(" "));
  });

  it("requires only the environment of every stack", () => {
    const required = Object.entries(project.config).filter(([, { default: fallback }]) => fallback === undefined);
    expect(required.map(([key]) => key)).toEqual(["landscape:environment"]);
  });
});

describe("each stack's file", () => {
  const stackFile = z.looseObject({ secretsprovider: z.string(), config: z.record(z.string(), z.unknown()) });
  const stacks = stackDefinitions.map(({ name }) => name);

  it.each(stackDefinitions)("of $name names its system and its environment, and its own key", (stack) => {
    const { name, system, environment } = stack;
    const file = stackFile.parse(parse(readFileSync(join(root, `Pulumi.${name}.yaml`), "utf8")));
    expect(file.config["landscape:system"] ?? project.config["landscape:system"]?.default).toBe(system);
    expect(file.config["landscape:environment"]).toBe(environment);
    expect(file.secretsprovider).toMatch(new RegExp(`^azurekeyvault://.+/keys/${name}$`));
  });

  it.each(stacks)("of %s holds its secrets encrypted", (name) => {
    const file = stackFile.parse(parse(readFileSync(join(root, `Pulumi.${name}.yaml`), "utf8")));
    const secrets = Object.entries(file.config).filter(([key]) => /token|webhook|keys|url$/i.test(key));
    const open = secrets.filter(([, value]) => !JSON.stringify(value).includes('"secure":'));
    expect(open).toEqual([]);
  });
});
