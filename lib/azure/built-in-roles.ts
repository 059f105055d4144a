/**
 * The Azure roles this program grants, with their role definition ids.
 * Source: Azure documentation, "Azure built-in roles" (the ids are the same in every tenant).
 */
export const azureRoles = {
  AcrPull: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
  AcrPush: "8311e382-0749-4cb8-b61a-304f252e45ec",
  "Azure Service Bus Data Receiver": "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0",
  "Azure Service Bus Data Sender": "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39",
  "Container Apps Contributor": "358470bc-b998-42bd-ab17-a7e34c199c0f",
  "Container Apps Jobs Contributor": "4e3d2b60-56ae-4dc6-a233-09c8e5a82e68",
  "Container Apps Jobs Operator": "b9a307c4-5aa3-4b52-ba60-2b17c136cd7b",
  "Container Registry Data Importer and Data Reader": "577a9874-89fd-4f24-9dbd-b5034d0ad23a",
  Contributor: "b24988ac-6180-42a0-ab88-20f7382dd24c",
  "Cost Management Reader": "72fafb9e-0641-4937-9268-a91bfd8191a3",
  "Key Vault Administrator": "00482a5a-887f-4fb3-b363-3b7fe8e74483",
  "Key Vault Crypto Service Encryption User": "e147488a-f6f5-4113-8e2d-b22465e65bf6",
  "Key Vault Crypto User": "12338af0-0e69-4776-bea7-57ae8d297424",
  "Key Vault Reader": "21090545-7ca7-4776-b22c-e363652d74d2",
  "Key Vault Secrets Officer": "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
  "Key Vault Secrets User": "4633458b-17de-408a-b874-0445c86b69e6",
  // Not built in: bootstrap makes it. Its id was chosen once.
  "Landscape Database Hours": "6f1d1d3e-6a0f-4a53-9c57-0d6f3a1c8b42",
  "Locks Contributor": "28bf596f-4eb7-45ce-b5bc-6cf482fec137",
  "Log Analytics Reader": "73c42c96-874c-492b-b04d-ab87d138a893",
  "Monitoring Contributor": "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
  "Monitoring Data Reader": "b0d8363b-8ddd-447d-831f-62ca05bff136",
  "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
  "Monitoring Reader": "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
  Reader: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
  "Role Based Access Control Administrator": "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
  "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
  "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
} as const satisfies Record<string, string>;

/** The name of a role in {@link azureRoles}. */
export type AzureRole = keyof typeof azureRoles;

/**
 * The roles that stacks give, to their services and jobs and to the workflows that release to them. A stack's own pipeline may assign
 * these and no others, so a role that assigns roles or changes a whole subscription is never among them.
 */
export const rolesOfStacks: readonly AzureRole[] = [
  "AcrPull",
  "AcrPush",
  "Azure Service Bus Data Receiver",
  "Azure Service Bus Data Sender",
  "Container Apps Contributor",
  "Container Apps Jobs Contributor",
  "Container Apps Jobs Operator",
  "Container Registry Data Importer and Data Reader",
  "Key Vault Crypto Service Encryption User",
  "Key Vault Secrets Officer",
  "Key Vault Secrets User",
  "Monitoring Data Reader",
  "Monitoring Metrics Publisher",
  "Reader",
  "Storage Blob Data Contributor",
  "Storage Blob Data Reader",
];

/**
 * What people may do in a stack, and the roles that it takes: nothing else is given to groups of people. None gives roles.
 *
 * | Right | Lets them |
 * |-|-|
 * | `read` | see everything but secrets: settings, logs, metrics, costs |
 * | `state` | read the stack's state, its history and its lock, and decrypt them |
 * | `operate` | restart and change apps and jobs, silence and test alerts |
 * | `secrets` | read and set the secrets of its vault |
 * | `change` | change and delete everything in its subscription, but roles; held on request only |
 */
export const peoplesRights = {
  read: ["Reader", "Monitoring Data Reader"],
  state: ["Storage Blob Data Reader", "Key Vault Crypto User"],
  operate: ["Container Apps Contributor", "Container Apps Jobs Contributor", "Monitoring Contributor"],
  secrets: ["Key Vault Secrets Officer"],
  change: ["Contributor"],
} as const satisfies Record<string, readonly AzureRole[]>;

/** What people may do: a key of {@link peoplesRights}. */
export type PeoplesRight = keyof typeof peoplesRights;

/** Roles that this program grants nobody, for what somebody else's program, or a change under review, may grant. */
const otherRoles = {
  Owner: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
  "User Access Administrator": "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
} as const satisfies Record<string, string>;

const namesById: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...azureRoles, ...otherRoles }).map(([name, id]) => [id, name]),
);

/**
 * The name of the built-in role that a text is the id of, or undefined.
 *
 * @example builtInRole("/subscriptions/…/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635") // "Owner"
 */
export function builtInRole(definitionId: string): string | undefined {
  const id = /\/roleDefinitions\/([0-9a-f-]{36})$/i.exec(definitionId)?.[1];
  return id === undefined ? undefined : roleOfId(id);
}

/** The name of the built-in role with this id, which is a UUID; undefined for any other. */
export function roleOfId(id: string): string | undefined {
  return namesById.get(id.toLowerCase());
}
