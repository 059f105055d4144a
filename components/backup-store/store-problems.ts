import type { BackupContainer, BackupStoreArgs } from "./backup-store-args";

/** Everything that is wrong with a store's arguments before anything is made; empty when it is right. */
export function storeProblems(args: BackupStoreArgs): string[] {
  const problems: string[] = [];
  if (args.containers.length === 0) problems.push("containers is empty, so nothing could be kept; name at least one");
  const names = args.containers.map((container) => container.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) problems.push(`containers: "${twice}" is given twice; keep one of them`);
  if (args.adopt !== undefined && accountParts(args.adopt) === undefined) {
    problems.push(`adopt "${args.adopt}" is not the Azure id of a storage account`);
  }
  const days = args.recoveryDays;
  if (days !== undefined && !(Number.isInteger(days) && days >= 7 && days <= 365)) {
    problems.push(`recoveryDays is ${days}; give a whole number from 7 to 365`);
  }
  return [
    ...problems,
    ...args.containers.flatMap((container) => containerProblems(container, args.adopt)),
    ...args.containers.flatMap((container) => copyProblems(container, args.containers)),
  ];
}

/** Copies are of what Litestream writes here, and out of the reach of whoever may write that. */
function copyProblems(container: BackupContainer, all: readonly BackupContainer[]): string[] {
  if (container.holds === "litestream" || container.copiesOf === undefined) return [];
  const { name, copiesOf, immutableDays: days, roles = [] } = container;
  const where = `containers "${name}"`;
  const problems: string[] = [];
  if (all.find((each) => each.name === copiesOf)?.holds !== "litestream") {
    problems.push(`${where}: copiesOf "${copiesOf}" is no container of the store that holds litestream`);
  }
  if (days === undefined)
    problems.push(`${where}: copies need immutableDays, or whoever deletes the originals deletes them`);
  if (roles.length > 0) problems.push(`${where}: roles are given; only the copying job may write there`);
  return problems;
}

/** What is wrong with one container by itself, in an account that is adopted or new. */
export function containerProblems(container: BackupContainer, adopt: unknown): string[] {
  const { name, retentionDays, coolAfterDays, exists } = container;
  const where = `containers "${name}"`;
  const problems: string[] = [];
  if (!/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    problems.push(`${where}: use 3 to 63 lower-case letters, digits and single dashes`);
  }
  for (const [field, days] of Object.entries({
    retentionDays,
    coolAfterDays,
    immutableDays: immutableDays(container),
  })) {
    if (days !== undefined && !(Number.isInteger(days) && days >= 1)) {
      problems.push(`${where}: ${field} is ${days}; give a whole number of at least 1`);
    }
  }
  if (exists === true && adopt === undefined) {
    problems.push(`${where}: exists is true, but the account is new; give adopt, or leave exists out`);
  }
  return [...problems, ...orderProblems(where, container)];
}

function orderProblems(where: string, container: BackupContainer): string[] {
  const { retentionDays, coolAfterDays } = container;
  const immutable = immutableDays(container);
  const problems: string[] = [];
  if (container.holds === "litestream" && "immutableDays" in container) {
    problems.push(
      `${where}: Litestream deletes what it compacts, so its container cannot be immutable; leave immutableDays out`,
    );
  }
  if (retentionDays !== undefined && immutable !== undefined && retentionDays < immutable) {
    problems.push(
      `${where}: retentionDays ${retentionDays} is below immutableDays ${immutable}, so Azure would refuse to delete in time`,
    );
  }
  if (retentionDays !== undefined && coolAfterDays !== undefined && coolAfterDays >= retentionDays) {
    problems.push(`${where}: coolAfterDays ${coolAfterDays} is not below retentionDays ${retentionDays}; leave it out`);
  }
  return problems;
}

export function immutableDays(container: BackupContainer): number | undefined {
  return container.holds === "litestream" ? undefined : container.immutableDays;
}

/** The group and name in an account's Azure id; undefined when it is not one. */
export function accountParts(
  id: string,
): { readonly resourceGroupName: string; readonly accountName: string } | undefined {
  const match =
    /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)\/providers\/Microsoft\.Storage\/storageAccounts\/([^/]+)$/i.exec(
      id,
    );
  const [, resourceGroupName, accountName] = match ?? [];
  return resourceGroupName === undefined || accountName === undefined ? undefined : { resourceGroupName, accountName };
}
