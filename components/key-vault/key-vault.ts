import { Key, type KeyArgs, Secret, type SecretArgs, Vault, type VaultArgs } from "@pulumi/azure-native/keyvault";
import type { input } from "@pulumi/azure-native/types";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { refusal, refuse } from "../../lib/refusal";
import { type NamedEntry, namedEntry } from "../../lib/retirement";
import { heldContentType, placeholders } from "../../lib/secret-not-set";
import { adopted, stateful } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { type AssignRoleArgs, assignRole, type Principal, principalTypeSchema } from "../identity/role-assignment";
import { physicalName } from "../naming/physical-name";
import type { PrivateNetwork } from "../network/private-network";
import { sendDiagnostics } from "../observability/diagnostic-settings";
import { onceReachable, plannedEndpoint } from "../reach/private-endpoint";
import { type Reach, reachPlan } from "../reach/reach-plan";
import { type Transform, transformed } from "../transform/transform";
import { secretNameSchema } from "./schema";
import { vaultProperties } from "./vault-properties";

export interface KeyVaultArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the vault. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** The Entra tenant whose identities the vault knows. Replacement: a vault never changes its tenant. */
  readonly tenantId: pulumi.Input<string>;
  /** The workspace that receives the audit log. */
  readonly workspaceId: pulumi.Input<string>;
  /** Who reaches the vault, and how; at least one path. @example [{ who: "apps", via: "private-endpoint" }] */
  readonly reachedBy: readonly Reach[];
  /** Needed as soon as a path leads through the network. */
  readonly network?: PrivateNetwork | undefined;
  /**
   * The secrets, by name. Each is made once with a placeholder as its value; real values are set outside this program
   * (`npm run secret -- set`) and never come into its state. Default: none. @example ["mc-api-database-url"]
   */
  readonly secrets?: readonly VaultSecret[] | undefined;
  /** Names of RSA keys, for example those that encrypt a stack's secrets. Default: none. */
  readonly keys?: readonly string[] | undefined;
  /** Names of RSA keys that the vault renews each year: for services that follow the newest version by themselves. Default: none. */
  readonly renewedKeys?: readonly string[] | undefined;
  /** Who may do what in the vault. Consumers' own roles come with them; these are for people and pipelines. Default: nobody. */
  readonly roles?: readonly VaultRole[] | undefined;
  /** The Azure id of a vault that exists, to be owned from now on. Default: a new vault. */
  readonly adopt?: string | undefined;
  readonly transform?: {
    readonly vault?: Transform<VaultArgs>;
    readonly secret?: Transform<SecretArgs>;
    readonly key?: Transform<KeyArgs>;
  };
}

/** A secret of a vault. With `certificate` it holds a certificate and its key, PKCS #12 in base64. */
type VaultSecret = NamedEntry | (Exclude<NamedEntry, string> & { readonly certificate?: boolean });

/** A role on the whole vault. */
export interface VaultRole extends Principal {
  /** Whose it is; part of the logical name. @example "deploy" */
  readonly who: string;
  readonly role: AssignRoleArgs["grant"]["role"];
}

/** Keys are named as secrets are. */
const vaultArguments = z.object({
  secrets: z.array(secretNameSchema).optional(),
  keys: z.array(secretNameSchema).optional(),
  renewedKeys: z.array(secretNameSchema).optional(),
  roles: z.array(z.object({ principalType: principalTypeSchema })).optional(),
});

/**
 * A Key Vault: roles instead of access policies, purge protection, 90 days of soft delete, closed to everyone who is not in `reachedBy`.
 */
export class KeyVault extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly uri: pulumi.Output<string>;
  readonly vaultName: pulumi.Output<string>;
  /** The host name that leads to the vault: what a tailnet resolves through the network when the vault is private. */
  readonly privateNames: readonly pulumi.Output<string>[];

  readonly #name: string;
  readonly #resourceGroupName: pulumi.Input<string>;
  readonly #vault: Vault;
  readonly #secrets: ReadonlyMap<string, Secret>;
  readonly #keys: ReadonlyMap<string, Key>;

  constructor(name: string, args: KeyVaultArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:keyvault:KeyVault", name, {}, opts);
    const { context, resourceGroupName } = args;
    const secrets = (args.secrets ?? []).map((entry) => ({ certificate: false, ...namedEntry(entry) }));
    const named = { ...args, secrets: secrets.map((secret) => secret.name) };
    refuse(`KeyVault "${name}"`, argumentProblems(vaultArguments, named), args);
    const plan = reachPlan(`KeyVault "${name}"`, args.reachedBy, { network: args.network !== undefined });
    this.#name = name;

    const vaultArgs: VaultArgs = {
      resourceGroupName,
      location: context.location,
      vaultName: args.adopt?.split("/").at(-1) ?? physicalName(context, "vault", name),
      properties: vaultProperties(args.tenantId, plan),
    };
    const vault = new Vault(
      ...transformed(args.transform?.vault, name, vaultArgs, { parent: this, ...adopted(context, args.adopt) }),
    );
    this.#resourceGroupName = resourceGroupName;
    this.#vault = vault;
    this.id = vault.id;
    this.vaultName = vault.name;
    this.privateNames = plan.privateEndpoint ? [pulumi.interpolate`${vault.name}.vault.azure.net`] : [];

    const way = { context, resourceGroupName, network: args.network, service: "vault", targetId: vault.id } as const;
    const endpoint = plannedEndpoint(name, plan, way, this);
    this.uri = onceReachable(
      vault.properties.apply((properties) => properties.vaultUri ?? ""),
      endpoint,
    );
    sendDiagnostics(
      name,
      { context, resourceId: vault.id, workspaceId: args.workspaceId, logs: "audit" },
      { parent: this },
    );
    for (const { who, role, principalId, principalType } of args.roles ?? []) {
      assignRole(
        `${name}-${who}`,
        { context, principalId, principalType, grant: { on: name, role, scope: vault.id } },
        { parent: this },
      );
    }
    this.#secrets = new Map(secrets.map((secret) => [secret.name, this.#declareSecret(secret, args, vault)]));
    const renewed = (args.renewedKeys ?? []).map((key) => [key, this.#makeKey(key, args, vault, renewal)] as const);
    this.#keys = new Map([
      ...(args.keys ?? []).map((key) => [key, this.#makeKey(key, args, vault)] as const),
      ...renewed,
    ]);
    this.registerOutputs({ id: this.id, uri: this.uri, vaultName: this.vaultName });
  }

  /**
   * A reference to a declared secret.
   *
   * @param version pins a version, so that a new one rolls the apps that use it; default: follow the newest
   * @throws when the secret is not declared
   */
  secret(secretName: string, version?: string): SecretReference {
    const secret = this.#secrets.get(secretName);
    if (secret === undefined) {
      throw refusal(`KeyVault "${this.#name}"`, [
        `the secret "${secretName}" is not declared; add it to the vault's secrets`,
      ]);
    }
    const uri = pulumi.interpolate`${this.uri}secrets/${secret.name}`;
    return {
      name: secretName,
      id: secret.id,
      version,
      uri: version === undefined ? uri : pulumi.interpolate`${uri}/${version}`,
    };
  }

  /**
   * Puts a secret that the program itself is given by a cloud, such as a token, into the vault, for those who read it there.
   *
   * @param value marked as secret, so that it is encrypted in the state
   */
  hold(secretName: string, value: pulumi.Output<string>): SecretReference {
    const secret = new Secret(
      `${this.#name}-${secretName}`,
      {
        resourceGroupName: this.#resourceGroupName,
        vaultName: this.vaultName,
        secretName,
        properties: { value, contentType: heldContentType },
      },
      { parent: this, ...kept(this.#vault) },
    );
    return {
      name: secretName,
      id: secret.id,
      version: undefined,
      uri: pulumi.interpolate`${this.uri}secrets/${secret.name}`,
    };
  }

  /**
   * The address of a declared key, with its version.
   *
   * @throws when the key is not declared
   */
  keyUri(keyName: string): pulumi.Output<string> {
    return this.#keyOf(keyName).keyUriWithVersion;
  }

  /**
   * A declared key without a version: whoever encrypts with it follows the newest one.
   *
   * @throws when the key is not declared
   */
  key(keyName: string): KeyReference {
    const key = this.#keyOf(keyName);
    return { id: key.id, uri: key.keyUri };
  }

  #keyOf(keyName: string): Key {
    const key = this.#keys.get(keyName);
    if (key !== undefined) return key;
    throw refusal(`KeyVault "${this.#name}"`, [`the key "${keyName}" is not declared; add it to the vault's keys`]);
  }

  #declareSecret(
    { name: secretName, retired, certificate }: ReturnType<typeof namedEntry> & { readonly certificate: boolean },
    args: KeyVaultArgs,
    vault: Vault,
  ): Secret {
    return new Secret(
      ...transformed<SecretArgs>(
        args.transform?.secret,
        `${this.#name}-${secretName}`,
        {
          resourceGroupName: args.resourceGroupName,
          vaultName: vault.name,
          secretName,
          properties: certificate ? placeholders.certificate : placeholders.text,
        },
        {
          parent: this,
          ...stateful(args.context, retired),
          ...kept(vault),
          // Any update writes a new version with the placeholder in it: what was set by hand would be gone.
          ignoreChanges: ["properties", "tags"],
        },
      ),
    );
  }

  #makeKey(keyName: string, args: KeyVaultArgs, vault: Vault, rotationPolicy?: typeof renewal): Key {
    return new Key(
      ...transformed<KeyArgs>(
        args.transform?.key,
        `${this.#name}-${keyName}`,
        {
          resourceGroupName: args.resourceGroupName,
          vaultName: vault.name,
          keyName,
          properties: {
            kty: "RSA",
            keySize: 3072,
            keyOps: ["encrypt", "decrypt", "wrapKey", "unwrapKey"],
            ...(rotationPolicy === undefined ? {} : { rotationPolicy }),
          },
        },
        { parent: this, ...stateful(args.context), ...kept(vault) },
      ),
    );
  }
}

/** A new version each year. The old ones stay valid for another, in which what they encrypted is encrypted again. */
const renewal: input.keyvault.RotationPolicyArgs = {
  attributes: { expiryTime: "P2Y" },
  lifetimeActions: [{ action: { type: "rotate" }, trigger: { timeAfterCreate: "P1Y" } }],
};

/**
 * What is in a vault goes with the vault and not before: what was set by hand is not ours to delete, and a single secret or key is
 * deleted over the vault's own address, which is closed to who deploys.
 */
function kept(vault: Vault): Pick<pulumi.CustomResourceOptions, "deletedWith" | "retainOnDelete"> {
  return { deletedWith: vault, retainOnDelete: true };
}

/** A key, and who may use it is said on its id. Made by {@link KeyVault.key}. */
export interface KeyReference {
  /** The Azure id of the key: the scope of the role that uses it. */
  readonly id: pulumi.Input<string>;
  /** The key's address, without a version. */
  readonly uri: pulumi.Input<string>;
}

/** Where a secret is, never what it says. Made by {@link KeyVault.secret}. */
export interface SecretReference {
  /** Its name in the vault. */
  readonly name: string;
  /** The Azure id of the secret: the scope of the role that reads it. */
  readonly id: pulumi.Output<string>;
  /** The secret's address, with its version if one is pinned. */
  readonly uri: pulumi.Output<string>;
  /** The pinned version, if any. Without one, consumers follow the newest within about 30 minutes. */
  readonly version: string | undefined;
}
