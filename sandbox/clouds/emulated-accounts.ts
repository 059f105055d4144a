import type { World, WorldReading } from "../world/world";
import { deletedVault, deletedVaultType } from "./azure-native/keyvault/soft-delete";
import { textAt, textsAt } from "./read-property";

/**
 * What tests put into the world: a service that nobody is signed in to (`service`, `why`); a resource provider of a subscription that is
 * not registered (`subscription`, `namespace`); what alone may be done in a subscription (`subscription`, `actions`); all that a token
 * may at Cloudflare (`rights`); an app that is not installed (`app`); a host that cannot be reached (`host`); by which rules roles can be
 * asked for in a place (`scope`, `hours`, `needs`, `isApproved`). Without them everything is as it should be.
 */
export const accountFaults = {
  signedOut: "azure-native:sandbox:SignedOut",
  unregisteredProvider: "azure-native:sandbox:UnregisteredProvider",
  allowedActions: "azure-native:sandbox:AllowedActions",
  cloudflareRights: "azure-native:sandbox:CloudflareRights",
  missingApp: "azure-native:sandbox:MissingApp",
  unreachable: "azure-native:sandbox:UnreachableHost",
  roleRules: "azure-native:sandbox:RoleRules",
} as const;

const credentialType = "azure-native:managedidentity:FederatedIdentityCredential";
const zoneType = "cloudflare:index/zone:Zone";

const strictRules = { hours: 4, needs: ["Justification", "MultiFactorAuthentication"], isApproved: true };

/** The emulated accounts, as whoever asks sees them. */
export class EmulatedAccounts {
  constructor(private readonly world: () => Promise<World>) {}

  signInProblem(service: string): Promise<string | undefined> {
    return this.#ask((world) => {
      const fault = world.list(accountFaults.signedOut).find(({ properties }) => properties.service === service);
      return fault && (textAt(fault.properties, "why") ?? "nobody is signed in");
    });
  }

  allowedActions(subscription: string) {
    return this.#ask((world) => {
      const limits = faultsOf(world, accountFaults.allowedActions, subscription);
      const actions = limits.length === 0 ? ["*"] : limits.flatMap(({ properties }) => textsAt(properties, "actions"));
      return [{ actions, notActions: [] }];
    });
  }

  missingProviders(subscription: string, needed: readonly string[]): Promise<readonly string[]> {
    return this.#ask((world) => {
      const missing = faultsOf(world, accountFaults.unregisteredProvider, subscription);
      return needed.filter((namespace) => missing.some(({ properties }) => properties.namespace === namespace));
    });
  }

  zones() {
    return this.#ask((world) =>
      world.list(zoneType).map(({ properties }) => ({
        name: textAt(properties, "name") ?? "",
        status: textAt(properties, "status") ?? "unknown",
        plan: textAt(properties, "plan.legacyId") ?? "free",
        nameServers: textsAt(properties, "nameServers"),
      })),
    );
  }

  missingRights(needed: readonly string[]): Promise<readonly string[]> {
    return this.#ask((world) => {
      const [limit] = world.list(accountFaults.cloudflareRights);
      return limit === undefined ? [] : needed.filter((right) => !textsAt(limit.properties, "rights").includes(right));
    });
  }

  missingApps(_owner: string, needed: readonly string[]): Promise<readonly string[]> {
    return this.#ask((world) => {
      const missing = world.list(accountFaults.missingApp).map(({ properties }) => textAt(properties, "app"));
      return needed.filter((app) => missing.includes(app));
    });
  }

  unsetSecrets(_owner: string, repository: string, environment: string): Promise<readonly string[]> {
    return this.#ask((world) =>
      world
        .list("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret")
        .filter(
          ({ properties: { repository: of, environment: within } }) => of === repository && within === environment,
        )
        .filter(({ properties }) => properties.createdAt === properties.updatedAt)
        .flatMap(({ properties }) => textAt(properties, "secretName") ?? []),
    );
  }

  federation(credentialId: string) {
    return this.#ask((world) => {
      const found = world.get(credentialType, credentialId)?.properties;
      return found && { issuer: textAt(found, "issuer") ?? "", subject: textAt(found, "subject") ?? "" };
    });
  }

  roleRules(scope: string) {
    return this.#ask((world) => {
      const [rules] = world.list(accountFaults.roleRules).filter(({ properties }) => properties.scope === scope);
      if (rules === undefined) return strictRules;
      const { hours, isApproved } = rules.properties;
      return {
        hours: typeof hours === "number" ? hours : undefined,
        ...{ needs: textsAt(rules.properties, "needs"), isApproved: isApproved === true },
      };
    });
  }

  nameProblem(type: string, name: string): Promise<string | undefined> {
    return this.#ask((world) => {
      const isCalledSo = (other: string | undefined) => other?.toLowerCase() === name.toLowerCase();
      if (world.list(type).some(({ properties }) => isCalledSo(textAt(properties, "name")))) return "it is taken";
      const deleted = world.list(deletedVaultType).some(({ properties }) => isCalledSo(textAt(properties, "name")));
      return deleted && deletedVault(world, name) !== undefined
        ? "a vault of that name was deleted and can be recovered"
        : undefined;
    });
  }

  reachProblem(host: string): Promise<string | undefined> {
    return this.#ask((world) => {
      const isClosed = world.list(accountFaults.unreachable).some(({ properties }) => properties.host === host);
      return isClosed ? "it does not answer" : undefined;
    });
  }

  async #ask<T>(look: (world: WorldReading) => T): Promise<T> {
    return (await this.world()).read(look);
  }
}

function faultsOf(world: WorldReading, kind: string, subscription: string) {
  return world.list(kind).filter(({ properties }) => properties.subscription === subscription);
}
