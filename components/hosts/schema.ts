import { z } from "zod";
import { portSchema } from "../reach/schema";

const absolutePath = z
  .string()
  .regex(/^(\/[\w.@+-]+)+$/, "expected an absolute path of letters, digits and . _ @ + -, for example /Users/operator");

const hostSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, "expected lower-case letters, digits and dashes, a letter first")
      .meta({ description: "A device of tailnet.yaml, which has its address" }),
    role: z
      .enum(["primary", "standby", "client"])
      .meta({ description: "One primary, one standby that can take over, and clients that only use them" }),
    directAddress: z
      .ipv4()
      .exactOptional()
      .meta({ description: "The address on the cable between primary and standby" }),
    home: absolutePath.exactOptional().meta({
      description:
        "The home directory of the user who runs everything. A client that has one can order a failover. Other values than this neutral one are configuration: landscape:hostPlaces",
    }),
    sshHostKey: z
      .string()
      .regex(
        /^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/=]+$/,
        "expected a public host key, for example ssh-ed25519 AAAA…",
      )
      .exactOptional()
      .meta({
        description:
          "The host's public SSH key, asked for once (docs/host-secrets.md). Nothing is installed on a host without it",
      }),
  })
  .refine(({ role, home }) => role === "client" || home !== undefined, {
    path: ["home"],
    message: "expected the home directory, because the host replicates",
  });

const tierNameSchema = z.string().regex(/^[0-9a-zA-Z]+$/, 'expected a tier of the router, for example "2cf"');
const seconds = z.int().min(1).max(3600);

const redirectionSchema = z
  .strictObject({
    tiers: z
      .array(tierNameSchema)
      .min(1)
      .meta({ description: "The tiers that the host serves, and that go elsewhere" }),
    models: z
      .record(z.string().min(1), z.string().min(1))
      .exactOptional()
      .meta({ description: "The other host's model for each of this host's" }),
    escalate: z
      .boolean()
      .exactOptional()
      .meta({ description: "Send them to the paid service instead. Default: false" }),
  })
  .refine(({ models, escalate }) => (models !== undefined) !== (escalate === true), {
    message: "expected either models of the other host, or escalate: true",
  });

const predecessorSchema = z.strictObject({
  label: z
    .string()
    .regex(/^[\w-]+(\.[\w-]+)+$/, "expected a launchd label, for example com.alai.litestream")
    .meta({ description: "What launchd calls it. No label that begins like ours" }),
  host: z.string().meta({ description: "The host that has it" }),
  does: z.enum(["replicate", "follow"]).meta({
    description:
      "replicate: it sends the host's databases to the store; follow: it restores the other host's databases here",
  }),
});

/** What runs on both hosts of the pair, and how. */
export const hostSoftwareSchema = z
  .strictObject({
    directory: z
      .string()
      .regex(/^[\w.-]+$/, "expected one directory name")
      .meta({ description: "Below the home directory: where programs, settings and databases lie" }),
    labelPrefix: z
      .string()
      .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, "expected a reverse domain, for example no.alai")
      .meta({ description: "The beginning of every launchd label" }),
    programs: z
      .strictObject({ litestream: absolutePath, sqlite3: absolutePath, node: absolutePath, launchctl: absolutePath })
      .meta({ description: "Where the programs are that the agents start" }),
    primaryOnlyAgents: z
      .array(z.string().regex(/^[\w-]+(\.[\w-]+)+$/, "expected a launchd label, for example no.alai.orchestrator"))
      .meta({ description: "launchd labels of what may only run on the primary; a failover stops and starts them" }),
    predecessors: z.array(predecessorSchema).exactOptional().meta({
      description:
        "launchd agents that did on a host, before there was this program, what it does now. They go on until a person replaces them there (docs/host-secrets.md). Default: none",
    }),
    healthPort: portSchema.meta({ description: "Where each host says how it is" }),
    lease: z
      .strictObject({
        container: z.string().meta({ description: "A container of backup.yaml, not the replicas'" }),
        blob: z.string().min(1).meta({ description: "The lease's blob" }),
      })
      .meta({ description: "Where it is written who is primary" }),
    timing: z
      .strictObject({
        leaseSeconds: seconds.meta({ description: "How often the lease is read" }),
        confirmationSeconds: seconds.meta({
          description: "Without a confirmed lease for this long, replication stops",
        }),
        stalledSeconds: seconds.meta({ description: "A follower that stood still for this long is restored again" }),
      })
      .refine(({ leaseSeconds, confirmationSeconds }) => confirmationSeconds >= 3 * leaseSeconds, {
        path: ["confirmationSeconds"],
        message: "expected at least three times leaseSeconds, so that one late answer stops nothing",
      }),
    asideDays: z.int().min(1).max(365).meta({
      description:
        "Days after which databases that a failover set aside on a host are removed, when nothing of them is unsent. Anything else stays until a person removes it",
    }),
    inference: z
      .strictObject({
        port: portSchema.meta({ description: "Where each host serves inference" }),
        healthPath: z.string().startsWith("/", "expected a path").meta({ description: "What the monitor asks for" }),
        everySeconds: seconds.meta({ description: "How often the monitor asks" }),
        timeoutSeconds: seconds.meta({ description: "After this long without an answer a server counts as down" }),
        whenDown: z.record(z.string(), redirectionSchema).meta({ description: "By host: where its tiers go" }),
        routerFile: z
          .string()
          .regex(/^[\w.-]+(\/[\w.-]+)*$/, "expected a path below the directory, for example config/tier-routing.json")
          .exactOptional()
          .meta({
            description:
              "The router's own file, below the directory: its blocks ollamaHosts and failoverRules are kept as they are generated, everything else stays. Default: none",
          }),
        healthFile: absolutePath.exactOptional().meta({
          description: "Where routers look for which servers are there. Default: state/inference-health.json alone",
        }),
      })
      .meta({ description: "Inference on both hosts" }),
  })
  .meta({ description: "What runs on the primary and the standby" });
export type HostSoftware = z.output<typeof hostSoftwareSchema>;

/** The machines that no cloud runs: what each is meant to be. */
export const hostsSchema = z.array(hostSchema);
export type Host = z.output<typeof hostSchema>;
