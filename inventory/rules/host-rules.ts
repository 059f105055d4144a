import type { InventoryContents } from "../inventory-files";
import type { FileProblem } from "../problem";
import { didYouMean } from "../suggestion";
import { duplicates } from "./duplicates";

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

/** No two databases share a name or a place in the store: two writers of one place destroy each other's backup. */
export function databasesDiffer({ databases }: Pick<InventoryContents, "databases">): readonly FileProblem[] {
  const names = databases.databases.map(({ name }, index) => ({ value: name, path: ["databases", index, "name"] }));
  const places = databases.databases.map(({ name, replicaPath }, index) => {
    const key = replicaPath === undefined ? "name" : "replicaPath";
    return { value: replicaPath ?? `litestream/${name}`, path: ["databases", index, key] };
  });
  const sameName = duplicates({ file: "databases.yaml", what: "databases", claims: names });
  const samePlace = duplicates({ file: "databases.yaml", what: "databases", claims: places });
  return sameName.length > 0 ? sameName : samePlace;
}
