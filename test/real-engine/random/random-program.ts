import * as pulumi from "@pulumi/pulumi";

/** A value of an input as a program writes it. */
export type InputValue =
  | string
  | number
  | readonly string[]
  | { readonly secret: string }
  /** An output of a resource: known after it is made, except what it was given. */
  | { readonly of: string; readonly output: "id" | "computed" | "text" | "urn" }
  /** The answer of a function that is asked with such an output. */
  | { readonly lookup: InputValue }
  | { readonly [key: string]: string };

/** Options of a resource, of those that a program in data can say. */
export interface ResourceOptions {
  readonly parent?: string;
  readonly provider?: string;
  readonly dependsOn?: readonly string[];
  readonly protect?: boolean;
  readonly ignoreChanges?: readonly string[];
  readonly replaceOnChanges?: readonly string[];
  readonly deleteBeforeReplace?: boolean;
  readonly additionalSecretOutputs?: readonly string[];
  readonly retainOnDelete?: boolean;
  readonly deletedWith?: string;
  readonly aliases?: readonly string[];
  readonly customTimeouts?: { readonly create: string };
  readonly replacementTrigger?: string;
  readonly import?: string;
}

/** A resource: one of the test provider, a group of others, or a provider. */
export interface RandomResource {
  readonly kind: "thing" | "group" | "provider" | "read";
  readonly name: string;
  readonly inputs: Readonly<Record<string, InputValue>>;
  readonly options: ResourceOptions;
}

export interface RandomProgram {
  readonly resources: readonly RandomResource[];
  /** Exported under these names. */
  readonly exports: Readonly<Record<string, InputValue>>;
}

class Thing extends pulumi.CustomResource {
  declare readonly computed: pulumi.Output<string>;
  declare readonly text: pulumi.Output<string>;

  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.CustomResourceOptions) {
    super("test:index:Thing", name, { text: undefined, ...inputs, computed: undefined }, options);
  }
}

class Region extends pulumi.ProviderResource {}

class Group extends pulumi.ComponentResource {
  constructor(name: string, inputs: pulumi.Inputs, options: pulumi.ComponentResourceOptions) {
    super("test:index:Group", name, inputs, options);
    this.registerOutputs({ shown: inputs.text });
  }
}

/** Runs a program that is given as data, and returns what it exports. */
export async function runRandomProgram(program: RandomProgram): Promise<pulumi.Inputs> {
  const made = new Map<string, pulumi.Resource>();
  for (const resource of program.resources) made.set(resource.name, make(resource, made));
  await Promise.allSettled([...made.values()].map(registration));
  const value = (input: InputValue) => inputOf(input, made);
  return Object.fromEntries(Object.entries(program.exports).map(([name, input]) => [name, value(input)]));
}

/**
 * Settles when the engine has answered. On a busy machine the SDK's server for programs in a process (`automation/server.js`) may end a
 * program between two requests, with resources that wait for others; the process of a program of its own does not end there.
 */
function registration({ urn }: pulumi.Resource): Promise<unknown> {
  const promise: () => Promise<unknown> = Reflect.get(urn, "promise");
  return promise.call(urn);
}

function make({ kind, name, inputs, options }: RandomResource, made: ReadonlyMap<string, pulumi.Resource>) {
  const values = Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, inputOf(input, made)]));
  const given = optionsOf(options, made);
  if (kind === "group") return new Group(name, values, given);
  if (kind === "provider") return new Region("test", name, values, given);
  return new Thing(name, values, kind === "read" ? { ...given, id: `${name}-read` } : given);
}

function optionsOf(options: ResourceOptions, made: ReadonlyMap<string, pulumi.Resource>): pulumi.CustomResourceOptions {
  const { parent, provider, dependsOn, deletedWith, aliases, ...rest } = options;
  const named = (name: string | undefined) => (name === undefined ? undefined : made.get(name));
  const given: Record<string, unknown> = { ...rest };
  const add = (key: string, value: unknown) => {
    if (value !== undefined) given[key] = value;
  };
  add("parent", named(parent));
  const chosen = named(provider);
  if (chosen instanceof Region) given.provider = chosen;
  add("deletedWith", named(deletedWith));
  add(
    "dependsOn",
    dependsOn?.flatMap((name) => waitable(made.get(name))),
  );
  add(
    "aliases",
    aliases?.map((name) => ({ name })),
  );
  return given;
}

function inputOf(input: InputValue, made: ReadonlyMap<string, pulumi.Resource>): pulumi.Input<unknown> {
  if (typeof input !== "object" || Array.isArray(input)) return input;
  if ("secret" in input) return pulumi.secret(input.secret);
  if ("lookup" in input && typeof input.lookup !== "string") return lookup(inputOf(input.lookup, made));
  if ("of" in input) return outputOf(made.get(String(input.of)), String(input.output));
  return input;
}

/** Who waits for a component waits for its children, also for one that comes later and waits for him. */
function waitable(resource: pulumi.Resource | undefined): readonly pulumi.Resource[] {
  return resource === undefined || resource instanceof Group ? [] : [resource];
}

/** What a provider has not is asked as its URN. */
function outputOf(resource: pulumi.Resource | undefined, output: string): pulumi.Input<unknown> {
  if (resource === undefined || resource instanceof Group) return "absent";
  if (!(resource instanceof Thing)) return resource.urn;
  switch (output) {
    case "id":
      return resource.id;
    case "computed":
      return resource.computed;
    case "text":
      return resource.text;
    default:
      return resource.urn;
  }
}

function lookup(text: pulumi.Input<unknown>): pulumi.Output<unknown> {
  return pulumi.runtime.invokeOutput<{ found: string }>("test:index:lookUp", { text }).apply(({ found }) => found);
}
