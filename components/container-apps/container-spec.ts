import type * as pulumi from "@pulumi/pulumi";
import type { CacheReference } from "../cache/cache";
import type { StackContext } from "../context/stack-context";
import type { IdentityReference } from "../identity/managed-identity";
import type { RoleGrant } from "../identity/role-assignment";
import type { SecretReference } from "../key-vault/key-vault";
import type { ContainerImage } from "./container-image";
import type { WorkloadProfiles } from "./profile";

/** A registry as those see it who pull from it. {@link ContainerRegistry} is one. */
export interface RegistryReference {
  readonly id: pulumi.Input<string>;
  readonly loginServer: pulumi.Input<string>;
}

/** An environment as its apps see it. {@link ContainerAppsEnvironment} is one. */
export interface EnvironmentReference {
  readonly id: pulumi.Input<string>;
  readonly environmentName: pulumi.Input<string>;
  readonly resourceGroupName: pulumi.Input<string>;
  /** What app names are under. @example "politesand-1f9d0c3a.swedencentral.azurecontainerapps.io" */
  readonly defaultDomain: pulumi.Input<string>;
  /** What a TXT record says to prove that a domain is ours. */
  readonly domainVerificationId: pulumi.Input<string>;
  /** Whether it has no public address. */
  readonly internal: boolean;
  /** Its hardware beside Consumption, by name. Default: none. */
  readonly profiles?: WorkloadProfiles | undefined;
  /** The certificate that public apps show the edge; undefined where none can be public. */
  readonly certificateId?: pulumi.Input<string> | undefined;
  /** The blocks of the network it is in. */
  readonly networkBlocks: readonly string[];
}

/** A name and a token, with which a registry lets somebody pull. */
export interface PullCredentials {
  readonly server: string;
  readonly username: string;
  readonly token: SecretReference;
}

/** A container beside an app's own in each replica, which signs in as the app. */
export interface Sidecar {
  readonly name: string;
  readonly image: Extract<ContainerImage, { ownedBy: "program" }>;
  /** In steps of 0.25, each with 0.5 GiB of memory. */
  readonly cpu: number;
  readonly args: readonly string[];
  /** Its variables. @param placeholder whether the app runs one, until its first release */
  readonly env: (placeholder: boolean) => Readonly<Record<string, pulumi.Input<string>>>;
}

/** What apps and jobs have in common. */
export interface ContainerSpec {
  readonly context: StackContext;
  /** Replacement: another group replaces the app or job. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** Where it runs. Replacement: an app or job cannot move. */
  readonly environment: EnvironmentReference;
  readonly image: ContainerImage;
  /** Where the image is pulled from, by identity. Default: a public registry, named in the image's repository. */
  readonly registry?: RegistryReference | undefined;
  /**
   * Who pulls from a registry that knows no identities of Azure, where it is not public. The token is a reference into a vault.
   * @example { server: "ghcr.io", username: "kimberly", token: vault.secret("ghcr-pull-token") }
   */
  readonly pull?: PullCredentials | undefined;
  /**
   * Virtual CPUs, in steps of 0.25: up to 4 on Consumption, where each brings 2 GiB of memory, else what the profile has. Default: 0.25
   * (0.5 GiB), and on a profile that is paid by replica all of it.
   */
  readonly cpu?: number | undefined;
  /** Memory, on other profiles than Consumption. Default: 2 GiB for each CPU. */
  readonly memoryGib?: number | undefined;
  /** What of the environment's hardware it runs on. Default: Consumption. @example "gpu" */
  readonly profile?: string | undefined;
  /** Replaces the image's entry point. Not given to the placeholder. */
  readonly command?: readonly string[] | undefined;
  /** Arguments of the entry point. Not given to the placeholder. */
  readonly args?: readonly string[] | undefined;
  /** Environment variables, by name. Nothing secret. */
  readonly env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * Environment variables that hold secrets, by name: references into a vault, read with the app's identity.
   * A pinned version also appears as `<NAME>_VERSION`, so that a new version rolls the app.
   * @example { DATABASE_URL: vault.secret("mc-api-database-url") }
   */
  readonly secrets?: Readonly<Record<string, SecretReference>> | undefined;
  /**
   * The identity it runs as. Default: one of its own, with the roles it needs. An identity that is given must already have them:
   * see {@link workloadRoles}.
   */
  readonly identity?: IdentityReference | undefined;
  /** What its own identity may do, beyond pulling its image and reading its secrets. Default: nothing. */
  readonly roles?: readonly RoleGrant[] | undefined;
  /** Caches that its own identity may use. Default: none. */
  readonly caches?: readonly CacheReference[] | undefined;
}
