import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { DnsRecord } from "@pulumi/cloudflare/dnsRecord";
import { ComponentResource, type Input, runtime } from "@pulumi/pulumi";
import type { ConfigValue } from "../../deployment/operation";
import { loadProjectSdk } from "../../sandbox/engine/program/project-sdk";
import { DiskStateStore, MemoryStateStore } from "../../sandbox/engine/run-operation";
import { openWorld, readWorldSeed } from "../../sandbox/world/open-world";
import { MemoryWorld } from "../../sandbox/world/world";
import { type Measurement, measureWork, plainResources } from "../measurement";
import { deriveStateKey, project, root, runSilently } from "./sandbox-preview";

interface PlainPreview {
  readonly components: number;
  readonly by: "sandbox" | "mocks";
}

export function previewPlain({ components, by }: PlainPreview): Promise<Measurement> {
  return by === "sandbox" ? bySandbox(components) : byMocks(components);
}

const stack = "bench";

async function bySandbox(components: number): Promise<Measurement> {
  const world = new MemoryWorld(readWorldSeed(join(root, "sandbox", "world.yaml")));
  const state = new MemoryStateStore(stack);
  const program = () => plainProgram(components);
  await deriveStateKey();
  return measureWork(() =>
    runSilently({ kind: "preview", stack, config: plainConfig, program, policies: [], state, world }),
  );
}

/** Where the storage account is; the record's account comes from its zone. */
const plainConfig: ReadonlyMap<string, ConfigValue> = new Map([
  ["azure-native:subscriptionId", { value: "00000000-0000-4000-8000-000000000001", secret: false }],
  ["azure-native:tenantId", { value: "00000000-0000-4000-8000-000000000002", secret: false }],
]);

/** The SDK alone: its own mock monitor answers at once, with what it was given. */
async function byMocks(components: number): Promise<Measurement> {
  const { settings, stack: stacks } = loadProjectSdk(root);
  const mocks = {
    newResource: ({ inputs }: { readonly inputs: Record<string, unknown> }) => ({ id: undefined, state: inputs }),
    call: () => ({}),
  };
  await runtime.setMocks(mocks, project.name, stack, true);
  return measureWork(async () => {
    await stacks.runInPulumiStack(() => plainProgram(components));
    await settings.waitForRPCs();
    return { resources: plainResources + 2 * components };
  });
}

interface PlainUp {
  readonly components: number;
  readonly on: "nothing" | "itself";
}

/** State and world are on disk, as a user's are. */
export async function upPlain({ components, on }: PlainUp): Promise<Measurement> {
  const directory = mkdtempSync(join(tmpdir(), "bench-up-"));
  try {
    const up = () => upOnce(directory, components);
    if (on === "itself") await up();
    return await measureWork(up);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function upOnce(directory: string, components: number): Promise<{ readonly resources: number }> {
  const stack = "bench";
  const world = await openWorld(directory);
  const state = new DiskStateStore(join(directory, "state"), project.name, stack);
  const program = () => plainProgram(components);
  try {
    return await runSilently({ kind: "up", stack, config: plainConfig, program, policies: [], state, world });
  } finally {
    world.close();
  }
}

const zoneId = "c0de0000000000000000000000000001";

class Entry extends ComponentResource {
  constructor(name: string, account: Input<string>) {
    super("bench:index:Entry", name);
    new DnsRecord(name, { zoneId, name: `${name}.alai.no`, type: "TXT", content: account, ttl: 300 }, { parent: this });
    this.registerOutputs({});
  }
}

/** A storage account, and components of one record each that name it. */
function plainProgram(components: number): void {
  const group = new ResourceGroup("group", { resourceGroupName: "bench", location: "swedencentral" });
  const account = new StorageAccount("account", {
    accountName: "benchaccount",
    resourceGroupName: group.name,
    location: "swedencentral",
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  });
  for (let index = 1; index <= components; index += 1) new Entry(`entry-${index}`, account.name);
}
