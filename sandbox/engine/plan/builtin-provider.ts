import {
  containsSecret,
  type PropertyMap,
  type PropertyValue,
  Secret,
} from "../../../deployment/values/property-value";
import type * as protocol from "../provider";

export const builtinPackage = "pulumi";
export const stackReferenceType = "pulumi:pulumi:StackReference";

/** The engine's own package: it reads other stacks' outputs. */
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
    const reason = `the sandbox has no built-in resource ${type}; it knows ${stackReferenceType}`;
    return { inputs, failures: [{ property: "", reason }] };
  }

  async diff({ inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    if (inputs.name === oldInputs.name) return noDifference;
    return { ...noDifference, changes: "some", diffs: ["name"], replaces: ["name"] };
  }

  async create({ inputs }: { inputs: PropertyMap }): Promise<protocol.CreateResult> {
    const name = nameOf(inputs);
    return { id: name, outputs: await this.reference(name) };
  }

  async read({ id, inputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    return { id, inputs, outputs: await this.reference(typeof inputs.name === "string" ? inputs.name : id) };
  }

  async update({ inputs }: { inputs: PropertyMap }): Promise<PropertyMap> {
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
