import { z } from "zod";
import { zoneSchema } from "../components/dns-zone/schema";
import { failoverNameSchema } from "../components/failover-name/schema";
import { heartbeatSchema } from "../components/heartbeat/schema";
import { replicationSchema } from "../components/host-replication/schema";
import { hostsSchema } from "../components/hosts/schema";
import { networkSchema } from "../components/network/schema";
import { repositorySchema } from "../components/repository/schema";
import { siteSchema } from "../components/static-site/schema";
import { tailnetSchema } from "../components/tailnet/schema";
import type { InventoryFiles } from "./load-inventory";

/**
 * Every kind of inventory file. A system has those that it needs. The schemas are the components'; a file adds the key under which
 * its entries are.
 */
export const inventoryFiles = {
  sites: { name: "sites.yaml", schema: z.strictObject({ sites: z.array(siteSchema) }).meta({ title: "Sites" }) },
  zones: { name: "zones.yaml", schema: z.strictObject({ zones: z.array(zoneSchema) }).meta({ title: "DNS zones" }) },
  repositories: {
    name: "repositories.yaml",
    schema: z.strictObject({ repositories: z.array(repositorySchema) }).meta({ title: "Repositories" }),
  },
  network: {
    name: "network.yaml",
    schema: z
      .strictObject({ networks: z.record(z.string(), networkSchema) })
      .meta({ title: "Networks by environment" }),
  },
  hosts: { name: "hosts.yaml", schema: z.strictObject({ hosts: hostsSchema }).meta({ title: "Hosts" }) },
  databases: { name: "databases.yaml", schema: replicationSchema.meta({ title: "Replicated databases" }) },
  tailnet: {
    name: "tailnet.yaml",
    schema: z.strictObject({ tailnet: tailnetSchema, failoverName: failoverNameSchema }).meta({ title: "Tailnet" }),
  },
  heartbeat: {
    name: "heartbeat.yaml",
    schema: z.strictObject({ heartbeat: heartbeatSchema }).meta({ title: "Heartbeat" }),
  },
} as const satisfies InventoryFiles;
