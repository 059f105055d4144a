import { Database } from "@pulumi/azure-native/redisenterprise";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { StackContext } from "../../components/context/stack-context";
import { stackTransformation } from "../../components/context/stack-transformation";
import { takesTags } from "../../lib/taggable-types";
import { taggableTypesOfDeclarations } from "../../lib/taggable-types.data-generator";
import table from "../../lib/taggable-types.generated.json";

const required = {
  Project: "alai",
  Environment: "dev",
  ManagedBy: "pulumi",
  Team: "platform",
  CostCenter: "infra",
} as const;
const context: StackContext = {
  project: "alai",
  environment: "dev",
  lasting: true,
  location: "swedencentral",
  tags: required,
};

pulumi.runtime.setMocks({
  newResource: ({ name, inputs }) => ({ id: name, state: inputs }),
  call: ({ inputs }) => inputs,
});

class Anything extends pulumi.ComponentResource {
  constructor() {
    super("test:index:Anything", "anything");
  }
}

function transform(type: string, props: pulumi.Inputs, opts: pulumi.ResourceOptions = {}) {
  return stackTransformation(context)({ resource: new Anything(), type, name: "thing", props, opts });
}

describe("table of types that take tags", () => {
  it("is what the installed declarations say", () => {
    expect(table).toEqual(taggableTypesOfDeclarations());
  });

  it("has 955 types", () => {
    expect(Object.values(table.types).flat()).toHaveLength(955);
  });

  it.each([
    ["azure-native:storage:StorageAccount", true],
    ["azure-native:app/v20240301:ContainerApp", true],
    ["azure-native:storage:BlobContainer", false],
    ["azure-native:authorization:RoleAssignment", false],
    ["cloudflare:index/dnsRecord:DnsRecord", false],
    ["tailscale:index/deviceTags:DeviceTags", false],
    ["pulumi:pulumi:Stack", false],
  ])("knows of %s: %s", (type, expected) => {
    expect(takesTags(type)).toBe(expected);
  });
});

describe("tags of the stack", () => {
  const account = "azure-native:storage:StorageAccount";

  it("gives a resource without tags the stack's", () => {
    expect(transform(account, { accountName: "a" })?.props).toEqual({ accountName: "a", tags: required });
  });

  it("keeps a resource's own tags, also where the stack has a value for them", () => {
    const tags = { Service: "mc-api", Team: "agents", CostCenter: "agents" };
    expect(transform(account, { tags })?.props.tags).toEqual({ ...required, ...tags });
  });

  it("does not let a resource say that it belongs elsewhere", () => {
    const tags = { Project: "other", Environment: "prod", ManagedBy: "hand" };
    expect(transform(account, { tags })?.props.tags).toEqual(required);
  });

  it("merges into tags that are known later", async () => {
    const tags = transform(account, { tags: pulumi.output({ Service: "mc-api" }) })?.props.tags;
    const merged = await new Promise((resolve) => pulumi.output(tags).apply(resolve));
    expect(merged).toEqual({ ...required, Service: "mc-api" });
  });

  it("merges a tag whose value is known later", async () => {
    const tags = transform(account, { tags: { Service: pulumi.output("mc-api") } })?.props.tags;
    const merged = await new Promise((resolve) => pulumi.output(tags).apply(resolve));
    expect(merged).toEqual({ ...required, Service: "mc-api" });
  });

  it("leaves types alone whose tags are something else, or that have none", () => {
    expect(transform("cloudflare:index/dnsRecord:DnsRecord", { tags: ["a"] })?.props).toEqual({ tags: ["a"] });
    expect(transform("azure-native:storage:BlobContainer", {})?.props).toEqual({});
  });
});

describe("aliases", () => {
  const kept = [
    { type: "azure-native:cache:RedisEnterprise" },
    { type: "azure-native:network/v20240501:Subnet", name: "thing" },
    "urn:pulumi:prod::landscape::azure-native:network/v20240501:Subnet::thing",
    { name: "before" },
    { parent: pulumi.rootStackResource },
  ];

  it("of single API versions go, and no others", () => {
    const versions = ["azure-native:network/v20240501:Subnet", "azure-native:network/v20230401preview:Subnet"];
    const aliases = [...versions.map((type) => ({ type })), ...kept];
    expect(transform("azure-native:network:Subnet", {}, { aliases })?.opts.aliases).toEqual(kept);
  });

  it("of the installed classes are what is meant: one is left that moved from another module", () => {
    const { aliases } = declaredAliases();
    expect(aliases.length).toBeGreaterThan(20);
    const left = transform("azure-native:redisenterprise:Database", {}, { aliases })?.opts.aliases;
    expect(left).toEqual([{ type: "azure-native:cache:Database" }]);
  });
});

/** What a class of the installed SDK hands on as options. */
function declaredAliases(): { readonly aliases: NonNullable<pulumi.ResourceOptions["aliases"]> } {
  const found: pulumi.ResourceOptions[] = [];
  const note: pulumi.ResourceTransformation = ({ props, opts }) => {
    found.push(opts);
    return { props, opts };
  };
  const options = { transformations: [note] };
  new Database("thing", { clusterName: "cache", resourceGroupName: "group" }, options);
  return { aliases: found[0]?.aliases ?? [] };
}
