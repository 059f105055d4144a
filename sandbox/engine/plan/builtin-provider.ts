import { randomUUID } from "node:crypto";
import {
  containsSecret,
  equalProperties,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../../deployment/values/property-value";
import type * as protocol from "../provider";

export const builtinPackage = "pulumi";
const stackReferenceType = "pulumi:pulumi:StackReference";
const stashType = "pulumi:index:Stash";

/** The engine's own package: it reads other stacks' outputs, and keeps values in the state. */
export class BuiltinProvider implements protocol.Provider {
  readonly packageName = builtinPackage;
  readonly acceptsSecrets = true;

  constructor(private readonly stackOutputs: (name: string) => Promise<PropertyMap | undefined>) {}

  async checkConfig({ inputs }: { inputs: PropertyMap }): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig(): Promise<protocol.DiffResult> {
    return noDifference;
  }

  async configure(): Promise<void> {}

  async check({ type, inputs }: { type: string; inputs: PropertyMap }): Promise<protocol.CheckResult> {
    if (type === stackReferenceType) return { inputs, failures: [] };
    if (type === stashType) return { inputs, failures: stashFailures(inputs) };
    const reason = `the sandbox has no built-in resource ${type}; it knows ${stackReferenceType} and ${stashType}`;
    return { inputs, failures: [{ property: "", reason }] };
  }

  async diff({ type, inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    if (type === stashType) {
      if (equalProperties(inputs.input, oldInputs.input)) return noDifference;
      return { ...noDifference, changes: "some", diffs: ["input"] };
    }
    if (inputs.name === oldInputs.name) return noDifference;
    return { ...noDifference, changes: "some", diffs: ["name"], replaces: ["name"] };
  }

  async create({ type, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    if (type === stashType) {
      const { input = null } = inputs;
      return { id: preview ? "" : randomUUID(), outputs: { input, output: input } };
    }
    const name = nameOf(inputs);
    return { id: name, outputs: await this.reference(name) };
  }

  async read({ type, id, inputs, outputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    if (type === stashType) {
      if (Object.keys(inputs).length === 0) throw new Error("stash can not be imported");
      return { id, inputs, outputs };
    }
    return { id, inputs, outputs: await this.reference(typeof inputs.name === "string" ? inputs.name : id) };
  }

  async update({ type, inputs, oldOutputs }: protocol.UpdateRequest): Promise<PropertyMap> {
    // A stash keeps the value that it was made with until it is replaced.
    if (type === stashType) return { input: inputs.input ?? null, output: oldOutputs.output ?? null };
    return this.reference(nameOf(inputs));
  }

  async delete(): Promise<void> {}

  async invoke({ token, args }: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    if (token === "pulumi:pulumi:readStackOutputs") {
      return { result: await this.reference(nameOf(args)), failures: [] };
    }
    throw new Error(`the sandbox has no built-in function ${token}`);
  }

  private async reference(name: string): Promise<PropertyMap> {
    const outputs = await this.stackOutputs(name);
    if (outputs === undefined) throw new Error(`unknown stack "${name}"`);
    const secretOutputNames = Object.entries(outputs)
      .filter(([, value]) => containsSecret(value))
      .map(([key]) => key)
      .sort();
    return { name, outputs, secretOutputNames };
  }
}

function stashFailures(inputs: PropertyMap): readonly protocol.CheckFailure[] {
  const unknownNames = Object.keys(inputs).filter((name) => name !== "input");
  if (unknownNames.length > 0) {
    return unknownNames.map((property) => ({ property, reason: `unknown property "${property}"` }));
  }
  return "input" in inputs ? [] : [{ property: "input", reason: 'missing required property "input"' }];
}

const noDifference: protocol.DiffResult = {
  changes: "none",
  diffs: [],
  replaces: [],
  stables: [],
  deleteBeforeReplace: false,
  detailedDiff: undefined,
};

function nameOf(properties: PropertyMap): string {
  const name: PropertyValue | undefined = properties.name instanceof Secret ? properties.name.value : properties.name;
  if (typeof name !== "string") throw new Error("a stack reference needs a name: organization/project/stack");
  return name;
}
