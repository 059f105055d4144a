import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import type { StackContext } from "../../components/context/stack-context";
import { tagTransformation } from "../../components/tags/tag-transformation";
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

function transform(type: string, props: pulumi.Inputs) {
  return tagTransformation(context)({ resource: new Anything(), type, name: "thing", props, opts: {} });
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

describe("tag transformation", () => {
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
    expect(transform("cloudflare:index/dnsRecord:DnsRecord", { tags: ["a"] })).toBeUndefined();
    expect(transform("azure-native:storage:BlobContainer", {})).toBeUndefined();
  });
});
