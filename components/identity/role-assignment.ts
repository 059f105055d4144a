import { createHash } from "node:crypto";
import { RoleAssignment } from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { type AzureRole, azureRoles } from "../../lib/azure/built-in-roles";
import { refusal } from "../../lib/refusal";
import type { StackContext } from "../context/stack-context";

/** One role on one scope. */
export interface RoleGrant {
  /**
   * What the grant is for, unique within the component that gets it; part of the logical name. Replacement: another word
   * replaces the assignment.
   * @example "backups"
   */
  readonly on: string;
  /** The role. Replacement: an assignment cannot change. @example "Storage Blob Data Contributor" */
  readonly role: AzureRole;
  /** The Azure id of the resource, resource group or subscription. Replacement: an assignment cannot change. */
  readonly scope: pulumi.Input<string>;
  /** What narrows the role further, in Azure's condition language, version 2.0. Default: nothing. See {@link onlyAssigns}, {@link onlyChanges} and {@link onlyReadsIn}. */
  readonly condition?: string | undefined;
}

/** Azure compares it with what the principal is, and refuses another: `UnmatchedPrincipalType`. */
export const principalTypeSchema = z.enum(["User", "Group", "ServicePrincipal"]);

/** Somebody in Entra who can be given a role. */
export interface Principal {
  /** The object id, not the client id. */
  readonly principalId: pulumi.Input<string>;
  /** What is behind the id: identities and applications are `ServicePrincipal`. Replacement: an assignment cannot change. */
  readonly principalType: z.infer<typeof principalTypeSchema>;
}

/** What {@link assignRole} needs. */
export interface AssignRoleArgs extends Principal {
  readonly context: Pick<StackContext, "project" | "environment">;
  readonly grant: RoleGrant;
}

/**
 * Assigns a role to a principal. The assignment's name is a UUID made of the stack and the logical name, so it is known at preview and
 * the same on every run; `principalType` is given, so that Azure does not look for an identity that it has not replicated yet.
 *
 * @param name the logical name of the one who gets the role
 */
export function assignRole(name: string, args: AssignRoleArgs, opts: pulumi.CustomResourceOptions): RoleAssignment {
  const { context, grant, principalId, principalType } = args;
  const logicalName = `${name}-${roleSlug(grant.role)}-on-${grant.on}`;
  return new RoleAssignment(
    logicalName,
    {
      roleAssignmentName: uuidV5(`${context.project}/${context.environment}/${logicalName}`),
      principalId,
      principalType,
      roleDefinitionId: pulumi.output(grant.scope).apply((scope) => roleDefinitionId(scope, grant.role)),
      scope: grant.scope,
      ...(grant.condition === undefined ? {} : { condition: grant.condition, conditionVersion: "2.0" }),
    },
    opts,
  );
}

/**
 * The id of a built-in role as Azure reports it: below the subscription of the scope, so that a refresh finds no difference.
 *
 * @throws when the scope is not within a subscription
 */
export function roleDefinitionId(scope: string, role: AzureRole): string {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0];
  if (subscription === undefined) {
    throw refusal(`role "${role}"`, [
      `the scope "${scope}" is not an Azure id below /subscriptions/; give a resource's id`,
    ]);
  }
  return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${azureRoles[role]}`;
}

/**
 * The condition that lets whoever may assign roles assign and remove only these, and only to identities: without it, that is as good
 * as owning everything. Source: Azure documentation, "Delegate Azure role assignment management to others with conditions".
 */
export function onlyAssigns(roles: readonly AzureRole[]): string {
  const attribute = (source: string, name: string) => `@${source}[Microsoft.Authorization/roleAssignments:${name}]`;
  const ids = roles.map((role) => azureRoles[role]).join(", ");
  const allowed = (source: string) =>
    `(${attribute(source, "RoleDefinitionId")} ForAnyOfAnyValues:GuidEquals {${ids}} AND ` +
    `${attribute(source, "PrincipalType")} ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'})`;
  const unless = (action: string) => `!(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})`;
  return `((${unless("write")}) OR ${allowed("Request")}) AND ((${unless("delete")}) OR ${allowed("Resource")})`;
}

/**
 * The condition that lets whoever may write blobs change and delete only these, and read all. It says nothing of the container itself.
 * Source: Azure documentation, "Example Azure role assignment conditions for Blob Storage".
 *
 * @param paths names of blobs within the container; `*` stands for anything, slashes too. @example ["uploads/*"]
 */
export function onlyChanges(paths: readonly string[]): string {
  const blobs = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs";
  const changes = ["write", "add/action", "delete", "move/action"].map(
    (action) => `!(ActionMatches{'${blobs}/${action}'})`,
  );
  const allowed = paths.map((path) => `@Resource[${blobs}:path] StringLike '${path}'`);
  return `((${changes.join(" AND ")}) OR (${allowed.join(" OR ")}))`;
}

/**
 * The condition that lets whoever may read an account's blobs read those of one container only. For a container that is made later:
 * a role on the container itself would need it to be there. Source: Azure documentation, "Example Azure role assignment conditions for
 * Blob Storage".
 *
 * @param container its name. @example "failover"
 */
export function onlyReadsIn(container: string): string {
  const containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
  return `((!(ActionMatches{'${containers}/blobs/read'})) OR (@Resource[${containers}:name] StringEquals '${container}'))`;
}

/** A role within a logical name. @example roleSlug("Key Vault Reader") // "key-vault-reader" */
export function roleSlug(role: AzureRole): string {
  return role.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}

/** The namespace of this program's names: a constant chosen once. Changing it would replace every role assignment. */
const namespace = Buffer.from("7c0cf3b0a3f64d0f9c6c1e0d8f5b2a41", "hex");

/** A UUID of version 5 (RFC 9562 §5.5): the same text always gives the same UUID. */
export function uuidV5(text: string): string {
  const bytes = createHash("sha1").update(namespace).update(text).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
