import { azureResolver } from "../../../../components/network/private-network";
import { didYouMean } from "../../../../lib/closest-name";
import { contains, parseAlignedBlock } from "../../../../lib/ipv4";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../../../inventory/files";
import { duplicates } from "../../../inventory/rules/duplicates";

/** No two hosts share a name or an address. */
export function hostsDiffer({ hosts }: Pick<InventoryContents, "hosts">): readonly FileProblem[] {
  const claims = (key: "name" | "directAddress") =>
    hosts.hosts.flatMap((host, index) => {
      const value = host[key];
      return value === undefined ? [] : [{ value, path: ["hosts", index, key] }];
    });
  return (["name", "directAddress"] as const).flatMap((key) =>
    duplicates({ file: "hosts.yaml", what: "hosts", claims: claims(key) }),
  );
}

/** No two devices share a name, an address or an id. */
export function devicesDiffer({ tailnet }: Pick<InventoryContents, "tailnet">): readonly FileProblem[] {
  const claims = (key: "name" | "address" | "nodeId") =>
    tailnet.tailnet.devices.flatMap((device, index) => {
      const value = device[key];
      return value === undefined ? [] : [{ value, path: ["tailnet", "devices", index, key] }];
    });
  return (["name", "address", "nodeId"] as const).flatMap((key) =>
    duplicates({ file: "tailnet.yaml", what: "devices", claims: claims(key) }),
  );
}

/** A host is a device of the tailnet: nothing reaches it otherwise. */
export function hostsAreDevices({
  hosts,
  tailnet,
}: Pick<InventoryContents, "hosts" | "tailnet">): readonly FileProblem[] {
  const devices = tailnet.tailnet.devices.map((device) => device.name);
  return hosts.hosts.flatMap(({ name }, index) => {
    if (devices.includes(name)) return [];
    const message = `no device "${name}" in tailnet.yaml${didYouMean(name, devices)}`;
    return [{ file: "hosts.yaml", path: ["hosts", index, "name"], message }];
  });
}

/** There is one primary and one standby: replication and failover know no other shape. */
export function rolesAreFilled({ hosts }: Pick<InventoryContents, "hosts">): readonly FileProblem[] {
  return (["primary", "standby"] as const).flatMap((role) => {
    const count = hosts.hosts.filter((host) => host.role === role).length;
    if (count === 1) return [];
    return [{ file: "hosts.yaml", path: ["hosts"], message: `expected one host with the role ${role}, got ${count}` }];
  });
}

/** No two databases share a name: it is also their place in the store, and two writers of one place destroy each other's backup. */
export function databasesDiffer({ databases }: Pick<InventoryContents, "databases">): readonly FileProblem[] {
  const names = databases.databases.map(({ name }, index) => ({ value: name, path: ["databases", index, "name"] }));
  return duplicates({ file: "databases.yaml", what: "databases", claims: names });
}

/** The lease has a container in production's store in which it can be changed and stays: not Litestream's, frozen nor emptied. */
export function leaseHasAContainer({
  hosts,
  backup,
}: Pick<InventoryContents, "hosts" | "backup">): readonly FileProblem[] {
  const { container } = hosts.software.lease;
  const containers = backup.stores.prod?.containers ?? [];
  const problem = (message: string) => [{ file: "hosts.yaml", path: ["software", "lease", "container"], message }];
  const found = containers.find(({ name }) => name === container);
  if (found === undefined) {
    const names = containers.map(({ name }) => name);
    return problem(`no container "${container}" in the prod store of backup.yaml${didYouMean(container, names)}`);
  }
  if (found.holds === "litestream")
    return problem(`Litestream writes to "${container}"; give the lease a container of its own`);
  if (found.immutableDays !== undefined) return problem(`blobs of "${container}" cannot be changed; the lease is`);
  if (found.retentionDays !== undefined)
    return problem(`blobs of "${container}" are deleted with time; the lease must stay`);
  return [];
}

/** What ran before is on a host that does now what it did, and is none of our own agents. */
export function predecessorsAreOfHosts({ hosts }: Pick<InventoryContents, "hosts">): readonly FileProblem[] {
  const { predecessors = [], labelPrefix } = hosts.software;
  const names = hosts.hosts.filter(({ role }) => role !== "client").map(({ name }) => name);
  return predecessors.flatMap(({ label, host, does }, index) => {
    const problem = (key: string, message: string) => [
      { file: "hosts.yaml", path: ["software", "predecessors", index, key], message },
    ];
    if (!names.includes(host)) return problem("host", `no host "${host}" that replicates${didYouMean(host, names)}`);
    if (label.startsWith(`${labelPrefix}.`))
      return problem("label", `"${label}" begins like the labels of our own agents`);
    const role = does === "replicate" ? "primary" : "standby";
    if (hosts.hosts.some((one) => one.name === host && one.role === role)) return [];
    return problem("does", `the ${role} is another host than "${host}"`);
  });
}

/** Both hosts that replicate say where their inference goes while they are down. */
export function redirectionsAreOfHosts({ hosts }: Pick<InventoryContents, "hosts">): readonly FileProblem[] {
  const { whenDown } = hosts.software.inference;
  const names = hosts.hosts.map(({ name }) => name);
  const path = ["software", "inference", "whenDown"];
  const unknown = Object.keys(whenDown).filter((name) => !names.includes(name));
  const missing = hosts.hosts.filter(({ name, role }) => role !== "client" && !Object.hasOwn(whenDown, name));
  return [
    ...unknown.map((name) => ({
      file: "hosts.yaml",
      path: [...path, name],
      message: `no host "${name}"${didYouMean(name, names)}`,
    })),
    ...missing.map(({ name }) => ({
      file: "hosts.yaml",
      path,
      message: `nothing says where the tiers of "${name}" go`,
    })),
  ];
}

/** Networks that the tailnet routes to are parts of ours, or Azure's resolver. */
export function routesLeadSomewhere({
  network,
  tailnet,
}: Pick<InventoryContents, "network" | "tailnet">): readonly FileProblem[] {
  const ours = [...Object.values(network.networks).map((plan) => plan.addressSpace), `${azureResolver}/32`];
  return Object.keys(tailnet.tailnet.routes).flatMap((route) => {
    const range = parseAlignedBlock(route);
    const known = ours.map(parseAlignedBlock).some((outer) => outer && range && contains(outer, range));
    if (known) return [];
    const message = `${route} is in no network of network.yaml (${ours.join(", ")})`;
    return [{ file: "tailnet.yaml", path: ["tailnet", "routes", route], message, at: "key" }];
  });
}

/** Databases are replicated to a container that exists and that may be compacted. */
export function replicasHaveAContainer({
  databases,
  backup,
}: Pick<InventoryContents, "databases" | "backup">): readonly FileProblem[] {
  const containers = Object.values(backup.stores).flatMap((store) => store.containers);
  const found = containers.find(({ name }) => name === databases.container);
  const problem = (message: string) => [{ file: "databases.yaml", path: ["container"], message }];
  if (found === undefined) {
    const hint = didYouMean(
      databases.container,
      containers.map(({ name }) => name),
    );
    return problem(`no container "${databases.container}" in backup.yaml${hint}`);
  }
  return found.holds === "litestream"
    ? []
    : problem(`"${found.name}" holds ${found.holds} in backup.yaml; Litestream needs one that holds litestream`);
}

/** A limit for a database that does not exist would never be noticed. */
export function quietDatabasesExist({
  backup,
  databases,
}: Pick<InventoryContents, "backup" | "databases">): readonly FileProblem[] {
  const names = databases.databases.map(({ name }) => name);
  return Object.keys(backup.restoreTest.quiet ?? {})
    .filter((name) => !names.includes(name))
    .map((name) => ({
      file: "backup.yaml",
      path: ["restoreTest", "quiet", name],
      message: `no database "${name}" in databases.yaml${didYouMean(name, names)}`,
    }));
}
