import type { PropertyMap } from "../../../../deployment/values/property-value";
import { azureNativeProvider } from "../../../../sandbox/clouds/azure-native";
import type { EmulatedProvider, EmulatedProviderOptions } from "../../../../sandbox/clouds/emulated-provider";
import type { CheckFailure, DiffResult, ReadResult } from "../../../../sandbox/engine/provider";
import { MemoryWorld, type World, type WorldObject } from "../../../../sandbox/world/world";

export const subscription = "/subscriptions/00000000-0000-4000-8000-000000000001";
export const group = `${subscription}/resourceGroups/rg`;

/** What everything in the group `rg` says of its place. */
export const located = { resourceGroupName: "rg", location: "swedencentral" };
/** An object in the directory. */
export const guid = "00000000-0000-4000-8000-00000000000a";
/** A storage account without a name, in its group's region. */
export const account = { resourceGroupName: "rg", kind: "StorageV2", sku: { name: "Standard_LRS" } };

export interface Deployed {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly inputs: PropertyMap;
  readonly outputs: PropertyMap;
}

/** Inputs that the provider's check refused. */
export class CheckFailed extends Error {
  constructor(readonly failures: readonly CheckFailure[]) {
    super(failures.map(({ property, reason }) => `${property}: ${reason}`).join("\n"));
  }
}

/** Drives the emulated Azure as an engine does: check, then create, diff, update, read, delete. */
export class Azure {
  readonly provider: EmulatedProvider;

  constructor(
    readonly world: World = new MemoryWorld(),
    options: EmulatedProviderOptions = {},
  ) {
    this.provider = azureNativeProvider(world, options);
  }

  /** A world with the resource group `rg`. */
  static async withGroup(seed: readonly WorldObject[] = []): Promise<Azure> {
    const azure = new Azure(new MemoryWorld(seed));
    await azure.create("resources:ResourceGroup", { resourceGroupName: "rg", location: "swedencentral" }, "rg");
    return azure;
  }

  async check(type: string, inputs: PropertyMap, name = "thing", oldInputs?: PropertyMap): Promise<PropertyMap> {
    const result = await this.provider.check({
      ...identity(type, name),
      inputs,
      oldInputs,
      randomSeed: new TextEncoder().encode(`${type} ${name}`),
    });
    if (result.failures.length > 0) throw new CheckFailed(result.failures);
    return result.inputs;
  }

  async create(type: string, given: PropertyMap, name = "thing"): Promise<Deployed> {
    const inputs = await this.check(type, given, name);
    const { id, outputs } = await this.provider.create({ ...identity(type, name), inputs, preview: false, timeout: 0 });
    return { type, name, id, inputs, outputs };
  }

  async preview(type: string, given: PropertyMap, name = "thing"): Promise<PropertyMap> {
    const inputs = await this.check(type, given, name);
    return (await this.provider.create({ ...identity(type, name), inputs, preview: true, timeout: 0 })).outputs;
  }

  async diff(deployed: Deployed, given: PropertyMap): Promise<DiffResult> {
    const inputs = await this.check(deployed.type, given, deployed.name, deployed.inputs);
    return this.provider.diff({
      ...identity(deployed.type, deployed.name),
      id: deployed.id,
      inputs,
      oldInputs: deployed.inputs,
      oldOutputs: deployed.outputs,
      ignoreChanges: [],
    });
  }

  async update(deployed: Deployed, given: PropertyMap, preview = false): Promise<Deployed> {
    const inputs = await this.check(deployed.type, given, deployed.name, deployed.inputs);
    const outputs = await this.provider.update({
      ...identity(deployed.type, deployed.name),
      id: deployed.id,
      inputs,
      oldInputs: deployed.inputs,
      oldOutputs: deployed.outputs,
      ignoreChanges: [],
      preview,
      timeout: 0,
    });
    return { ...deployed, inputs, outputs };
  }

  async delete({ type, name, id, inputs, outputs }: Deployed): Promise<void> {
    await this.provider.delete({ ...identity(type, name), id, inputs, outputs, timeout: 0 });
  }

  async read(deployed: Deployed): Promise<ReadResult | undefined> {
    const { id, inputs, outputs } = deployed;
    return this.provider.read({ ...identity(deployed.type, deployed.name), id, inputs, outputs });
  }

  async import(type: string, id: string): Promise<ReadResult | undefined> {
    return this.provider.read({ ...identity(type, "imported"), id, inputs: {}, outputs: {} });
  }

  async invoke(token: string, args: PropertyMap): Promise<PropertyMap> {
    return (await this.provider.invoke({ token: `azure-native:${token}`, args, preview: false })).result;
  }

  exists(kind: string, id: string): Promise<boolean> {
    return this.world.transact((world) => world.get(`azure-native:${kind}`, id) !== undefined);
  }
}

function identity(type: string, name: string) {
  const token = `azure-native:${type}`;
  return { urn: `urn:pulumi:dev::test::${token}::${name}`, type: token, name };
}

/** A managed identity with a role on a scope. */
export async function grantedIdentity(
  azure: Azure,
  scope: string,
  roleId: string,
  name = "app-identity",
): Promise<Deployed> {
  const created = await azure.create(
    "managedidentity:UserAssignedIdentity",
    { resourceGroupName: "rg", resourceName: name },
    name,
  );
  await azure.create(
    "authorization:RoleAssignment",
    {
      scope,
      principalId: created.outputs.principalId ?? "",
      principalType: "ServicePrincipal",
      roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
    },
    `${name}-role-on-${scope.split("/").at(-1)}`,
  );
  return created;
}

/** A network with one subnet, handed over to a service or not. */
export async function subnetFor(azure: Azure, service: string | undefined, block = "10.20.0.0/23"): Promise<Deployed> {
  if (!(await azure.exists("network:VirtualNetwork", `${group}/providers/Microsoft.Network/virtualNetworks/net`))) {
    await azure.create(
      "network:VirtualNetwork",
      { resourceGroupName: "rg", virtualNetworkName: "net", addressSpace: { addressPrefixes: ["10.20.0.0/16"] } },
      "net",
    );
  }
  const name = `subnet-${block.replace(/[./]/g, "-")}`;
  return azure.create(
    "network:Subnet",
    {
      resourceGroupName: "rg",
      virtualNetworkName: "net",
      subnetName: name,
      addressPrefix: block,
      ...(service === undefined ? {} : { delegations: [{ name: "service", serviceName: service }] }),
    },
    name,
  );
}
