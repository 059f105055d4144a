import { ServiceError } from "../engine/provider";
import type { World, WorldReading, WorldTransaction } from "../world/world";
import { revisionsOf } from "./azure-native/app/container-app";
import { nameOfId } from "./azure-native/arm-id";
import { vaultOfUrl } from "./azure-native/keyvault/vault";
import { retireOlderVersions, secretVersions, setNewVersion } from "./azure-native/keyvault/vault-items";
import { accountFaults } from "./emulated-accounts";
import { mapAt, mapsAt, textAt } from "./read-property";

/** The versions that a service read of its secrets, by their addresses. */
const readSecretsType = "azure-native:sandbox:ReadSecrets";

/** What the services do when a secret is set: the calls that no provider makes. */
export class EmulatedSecrets {
  constructor(private readonly world: () => Promise<World>) {}

  async setSecret(vaultId: string, name: string, value: string, expires: Date): Promise<void> {
    await (await this.world()).transact((world) => {
      const host = `${nameOfId(vaultId)}.vault.azure.net`;
      if (world.list(accountFaults.unreachable).some(({ properties }) => properties.host === host)) {
        // Some services quote what they were sent.
        const message = `ForbiddenByConnection: ${host} is closed to where you are; join the tailnet. Request: ${value}`;
        throw new ServiceError("Forbidden", message, 403);
      }
      setNewVersion(world, `${vaultId}/secrets/${name}`, value, Math.floor(expires.getTime() / 1000));
    });
  }

  async retireOlderVersions(vaultId: string, name: string): Promise<number> {
    return (await this.world()).transact((world) => retireOlderVersions(world, `${vaultId}/secrets/${name}`));
  }

  async refreshSecrets(id: string): Promise<void> {
    await (await this.world()).transact((world) => {
      const read = Object.fromEntries(referencesOf(world, id).map((url) => [url, newestVersion(world, url)]));
      world.put({ cloud: "azure", kind: readSecretsType, id: `${id}/readSecrets`, properties: read });
    });
  }

  /** It starts with the versions that its app has read, and reads none itself. Source: microsoft/azure-container-apps#856. */
  async restart(appId: string, revision: string): Promise<void> {
    await (await this.world()).transact((world) => {
      const found = revisionsOf(world, appId).find(({ properties }) => textAt(properties, "name") === revision);
      if (found === undefined)
        throw new ServiceError("ContainerAppRevisionNotFound", `The revision '${revision}' does not exist.`, 404);
      const secrets = world.get(readSecretsType, `${appId}/readSecrets`)?.properties ?? {};
      world.put({ ...found, properties: { ...found.properties, since: Date.now(), secrets } });
    });
  }
}

function referencesOf(world: WorldReading, id: string): readonly string[] {
  const service = ["azure-native:app:ContainerApp", "azure-native:app:Job"]
    .map((kind) => world.get(kind, id))
    .find(Boolean);
  if (service === undefined) throw new ServiceError("ResourceNotFound", `The Resource '${id}' was not found.`, 404);
  const secrets = mapsAt(mapAt(service.properties, "configuration"), "secrets");
  return secrets.flatMap((secret) => textAt(secret, "keyVaultUrl") ?? []);
}

function newestVersion(world: WorldTransaction, url: string): string {
  const vault = vaultOfUrl(world, url);
  const [, name = "", pinned] = /\/secrets\/([^/]+)(?:\/(.+))?$/.exec(url) ?? [];
  return pinned ?? secretVersions(world, `${vault?.id}/secrets/${name}`).at(-1) ?? "";
}
