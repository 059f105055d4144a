import { z } from "zod";
import type { RoleFile } from "../../lease/lease";
import { roleSchema } from "../../lease/role-file";

const databaseSchema = z.object({
  name: z.string(),
  tier: z.string(),
  /** `replicating` on a primary, the follower's state on a standby, `idle` when it takes no part in the host's role. */
  state: z.enum(["replicating", "waiting", "restoring", "following", "stalled", "absent", "unknown", "idle"]),
  /** The follower's last transaction. */
  txid: z.string().optional(),
  /** How far it may be behind. Absent: not known. */
  lagSeconds: z.number().optional(),
});

export const hostStatusSchema = z.object({
  status: z.enum(["ok", "degraded", "failing"]),
  host: z.string(),
  /** ISO 8601, UTC. */
  ts: z.string(),
  problems: z.array(
    z.object({
      level: z.enum(["degraded", "failing"]),
      about: z.enum(["role", "agent", "replication", "disk", "inference", "aside"]),
      text: z.string(),
    }),
  ),
  role: roleSchema.optional(),
  databases: z.array(databaseSchema),
  agents: z.array(z.object({ label: z.string(), running: z.boolean() })),
  /** The fullest of the file systems that the host writes to. */
  disk: z.object({ path: z.string(), freeBytes: z.number(), totalBytes: z.number() }).optional(),
  inference: z
    .object({
      checkedAt: z.string(),
      term: z.number(),
      servers: z.record(z.string(), z.object({ healthy: z.boolean() })),
      redirects: z.array(z.object({ from: z.string(), to: z.string() })),
      problems: z.array(z.string()),
    })
    .optional(),
  /** What the host's last promotion could not bring along; nothing when it never was promoted. */
  promotion: z
    .object({ term: z.number(), notRecovered: z.array(z.string()), incomplete: z.array(z.string()) })
    .optional(),
  /** What a deposed primary wrote and the store never got: directories that wait for a person. */
  aside: z.array(z.string()),
  /** How much that is, and when the oldest was set aside. ISO 8601, UTC. */
  asideSize: z.object({ bytes: z.number(), since: z.string() }).optional(),
  /** Prefixes of earlier terms' replicas that no later primary took over whole: a person decides. An older program does not report them. */
  unclaimed: z.array(z.string()).optional(),
});

/** Everything a host says about itself: what `GET /status` answers on the tailnet. It holds no secret. */
export type HostStatus = z.output<typeof hostStatusSchema>;
export type DatabaseStatus = z.output<typeof databaseSchema>;
export type HealthProblem = HostStatus["problems"][number];

/** What `GET /health` answers, also to the public: whether, who and when, and nothing else. */
export type PublicHealth = Pick<HostStatus, "status" | "host" | "ts">;

export function parseRole(document: unknown): RoleFile | undefined {
  return roleSchema.safeParse(document).data;
}
