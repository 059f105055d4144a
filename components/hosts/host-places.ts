import { z } from "zod";
import { refusal } from "../../lib/refusal";
import { portSchema } from "../reach/schema";

const absolutePath = z.string().startsWith("/", "expected an absolute path");

/**
 * Where hosts and services really are, where that differs from the inventory's neutral values: `landscape:hostPlaces`. A deployment
 * puts real home directories and users here; a drill its directories, its blob store and its ports.
 */
export const hostPlacesSchema = z.strictObject({
  hosts: z
    .record(
      z.string(),
      z.strictObject({
        home: absolutePath.exactOptional(),
        /** Where the other hosts, and whoever installs, reach it. Default: its tailnet address. */
        address: z.string().min(1).exactOptional(),
        sshUser: z.string().min(1).exactOptional(),
        sshPort: portSchema.exactOptional(),
        healthPort: portSchema.exactOptional(),
        /** Where its inference is served, for itself and the others. Default: by loopback, cable and tailnet. */
        inferenceUrl: z.url().exactOptional(),
        /** How this host reaches the blob store. Default: as all do. */
        storeEndpoint: z.url().exactOptional(),
      }),
    )
    .exactOptional(),
  store: z.strictObject({ account: z.string().min(1), endpoint: z.url() }).exactOptional(),
  programs: z
    .strictObject({
      litestream: absolutePath.exactOptional(),
      sqlite3: absolutePath.exactOptional(),
      node: absolutePath.exactOptional(),
      launchctl: absolutePath.exactOptional(),
    })
    .exactOptional(),
  timing: z
    .strictObject({
      leaseSeconds: z.number().positive().exactOptional(),
      confirmationSeconds: z.number().positive().exactOptional(),
      stalledSeconds: z.number().positive().exactOptional(),
    })
    .exactOptional(),
  inference: z
    .strictObject({
      everySeconds: z.number().positive().exactOptional(),
      timeoutSeconds: z.number().positive().exactOptional(),
      healthFile: absolutePath.exactOptional(),
    })
    .exactOptional(),
  primaryOnlyAgents: z.array(z.string().min(1)).exactOptional(),
  /** Base of Cloudflare's API. */
  cloudflareApi: z.url().exactOptional(),
  /** Where identities of Entra get their tokens. */
  loginUri: z.url().exactOptional(),
});
export type HostPlaces = z.output<typeof hostPlacesSchema>;

/**
 * @param value what the configuration says; undefined when it says nothing
 * @param hostNames the inventory's hosts
 * @throws with everything that is wrong with it
 */
export function readHostPlaces(value: unknown, hostNames: readonly string[]): HostPlaces {
  const result = hostPlacesSchema.safeParse(value ?? {});
  const problems = result.success
    ? Object.keys(result.data.hosts ?? {})
        .filter((name) => !hostNames.includes(name))
        .map((name) => `hosts.${name}: no such host in hosts.yaml; it has ${hostNames.join(", ")}`)
    : result.error.issues.map(({ path, message }) => `${path.join(".") || "the value"}: ${message}`);
  if (result.success && problems.length === 0) return result.data;
  throw refusal('Configuration "landscape:hostPlaces"', problems);
}
