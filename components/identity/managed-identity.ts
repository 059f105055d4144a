import type { RoleAssignment } from "@pulumi/azure-native/authorization";
import {
  FederatedIdentityCredential,
  UserAssignedIdentity,
  type UserAssignedIdentityArgs,
} from "@pulumi/azure-native/managedidentity";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";
import { physicalName } from "../naming/physical-name";
import { Sequence } from "../sequence/sequence";
import { type Transform, transformed } from "../transform/transform";
import { assignRole, type RoleGrant } from "./role-assignment";

/** Someone outside Azure who may act as the identity, by a token of their own issuer. */
export interface FederatedCredential {
  /** Unique within the identity. @example "prod-environment" */
  readonly name: string;
  /** The issuer of the token. Default: GitHub Actions, `https://token.actions.githubusercontent.com`. */
  readonly issuer?: pulumi.Input<string>;
  /** The exact subject claim; no wildcards. @example "repo:alai/landscape:environment:prod" */
  readonly subject: pulumi.Input<string>;
}

export interface ManagedIdentityArgs {
  readonly context: StackContext;
  /** Replacement: another group replaces the identity, and everything it may do. */
  readonly resourceGroupName: pulumi.Input<string>;
  /** What the identity may do. Default: nothing. */
  readonly roles?: readonly RoleGrant[];
  /** Who outside Azure may act as it. Default: nobody. */
  readonly federatedCredentials?: readonly FederatedCredential[];
  readonly transform?: { readonly identity?: Transform<UserAssignedIdentityArgs> };
}

/** An identity as those see it who run something as it. {@link ManagedIdentity} is one; so is an identity read from another stack. */
export interface IdentityReference {
  readonly id: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
  /** What must be there before anything runs as it. */
  readonly granted: readonly pulumi.Resource[];
}

/**
 * A user-assigned managed identity, its roles, and who may act as it. Consumers depend on {@link ManagedIdentity.granted}, so that
 * nothing starts before its identity may do what it needs.
 */
export class ManagedIdentity extends pulumi.ComponentResource implements IdentityReference {
  readonly id: pulumi.Output<string>;
  readonly principalId: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
  /** The role assignments: `dependsOn` of whatever uses the identity. */
  readonly granted: readonly RoleAssignment[];

  constructor(name: string, args: ManagedIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:identity:ManagedIdentity", name, {}, opts);
    const { context, resourceGroupName } = args;
    refuseDuplicates(name, args);

    const identity = new UserAssignedIdentity(
      ...transformed(
        args.transform?.identity,
        name,
        {
          resourceGroupName,
          location: context.location,
          resourceName: physicalName(context, "managedIdentity", name),
        },
        { parent: this },
      ),
    );
    this.id = identity.id;
    this.principalId = identity.principalId;
    this.clientId = identity.clientId;
    this.granted = (args.roles ?? []).map((grant) =>
      assignRole(
        name,
        { context, grant, principalId: identity.principalId, principalType: "ServicePrincipal" },
        { parent: this },
      ),
    );
    this.federate(name, args, identity);
    this.registerOutputs({ id: this.id, principalId: this.principalId, clientId: this.clientId });
  }

  /** One credential after the other: Azure takes one write at a time per identity. */
  private federate(name: string, args: ManagedIdentityArgs, identity: UserAssignedIdentity): void {
    const credentials = new Sequence(identity);
    for (const credential of args.federatedCredentials ?? []) {
      credentials.add(
        new FederatedIdentityCredential(
          `${name}-${credential.name}`,
          {
            resourceGroupName: args.resourceGroupName,
            resourceName: identity.name,
            federatedIdentityCredentialResourceName: physicalName(args.context, "federatedCredential", credential.name),
            issuer: credential.issuer ?? "https://token.actions.githubusercontent.com",
            subject: credential.subject,
            audiences: ["api://AzureADTokenExchange"],
          },
          { parent: this, dependsOn: credentials.before },
        ),
      );
    }
  }
}

function refuseDuplicates(name: string, args: ManagedIdentityArgs): void {
  const credentials = (args.federatedCredentials ?? []).map((credential) => credential.name);
  const grants = (args.roles ?? []).map((grant) => `${grant.role} on ${grant.on}`);
  const lists = { "federated credential": credentials, role: grants };
  const problems = Object.entries(lists).flatMap(([what, list]) => {
    const twice = list.filter((entry, index) => list.indexOf(entry) !== index);
    return [...new Set(twice)].map((entry) => `the ${what} "${entry}" is given twice; keep one of them`);
  });
  refuse(`ManagedIdentity "${name}"`, problems, args);
}
