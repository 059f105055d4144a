import type { PostgresServerArgs } from "./postgres-server-args";
import { parameterProblems } from "./server-parameters";
import { isBurstable } from "./server-size";

/** Disk sizes in gigabytes that Azure offers. Source: Azure documentation, "Storage options in Azure Database for PostgreSQL flexible server". */
const diskSizes: readonly number[] = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];

/** Databases that every server has, and that belong to Azure. */
const reserved: readonly string[] = ["azure_maintenance", "azure_sys", "postgres", "template0", "template1"];

/** Everything that is wrong with a server's arguments before anything is made; empty when it is right. */
export function serverProblems(args: PostgresServerArgs): string[] {
  return [
    ...sizeProblems(args),
    ...parameterProblems(args.parameters ?? {}, args.extensions ?? []),
    ...nameProblems(args),
    ...backupProblems(args),
  ];
}

function sizeProblems({ size, highAvailability, replicas, storageGb }: PostgresServerArgs): string[] {
  const problems: string[] = [];
  if (isBurstable(size) && highAvailability !== undefined) {
    problems.push(
      `highAvailability is not offered for the Burstable size "${size}"; use d2 or larger, or leave it out`,
    );
  }
  if (isBurstable(size) && (replicas ?? []).length > 0) {
    problems.push(`replicas are not offered for the Burstable size "${size}"; use d2 or larger, or leave them out`);
  }
  if (storageGb !== undefined && !diskSizes.includes(storageGb)) {
    problems.push(`storageGb is ${storageGb}; Azure offers ${diskSizes.join(", ")}`);
  }
  return problems;
}

function nameProblems({ databases, administrators, replicas }: PostgresServerArgs): string[] {
  const problems: string[] = [];
  if (administrators.length === 0) problems.push("administrators is empty, so nobody could sign in; name at least one");
  for (const database of databases) {
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,62}$/.test(database)) {
      problems.push(
        `databases: "${database}" is not a name; use up to 63 letters, digits, _ and -, beginning with a letter`,
      );
    }
    if (reserved.includes(database))
      problems.push(`databases: "${database}" belongs to the server; choose another name`);
  }
  const lists = {
    databases,
    administrators: administrators.map((administrator) => administrator.name),
    replicas: (replicas ?? []).map((replica) => replica.name),
  };
  for (const [field, names] of Object.entries(lists)) {
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) problems.push(`${field}: "${twice}" is given twice; keep one of them`);
  }
  return problems;
}

function backupProblems({ backupDays, maintenance }: PostgresServerArgs): string[] {
  const problems: string[] = [];
  if (backupDays !== undefined && !(Number.isInteger(backupDays) && backupDays >= 7 && backupDays <= 35)) {
    problems.push(`backupDays is ${backupDays}; give a whole number from 7 to 35`);
  }
  const hour = maintenance?.hour;
  if (hour !== undefined && !(Number.isInteger(hour) && hour >= 0 && hour <= 23)) {
    problems.push(`maintenance.hour is ${hour}; give a whole number from 0 to 23`);
  }
  return problems;
}
