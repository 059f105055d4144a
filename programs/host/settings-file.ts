import { readFileSync } from "node:fs";
import { z } from "zod";
import type { HostSettings } from "./host-settings";

const path = z.string().startsWith("/", "expected an absolute path");
const seconds = z.number().positive();

// Loose: a newer generator may say more than this program knows.
const settingsSchema: z.ZodType<HostSettings> = z.looseObject({
  host: z.string().min(1),
  root: path,
  labelPrefix: z.string().min(1),
  agentsDirectory: path,
  hosts: z
    .array(
      z.looseObject({
        name: z.string().min(1),
        address: z.string().min(1),
        intendedRole: z.enum(["primary", "standby"]),
        healthUrl: z.url(),
      }),
    )
    .length(2, "expected both hosts of the pair"),
  store: z.looseObject({
    account: z.string().min(1),
    endpoint: z.url(),
    container: z.string().min(1),
    leaseContainer: z.string().min(1),
    leaseBlob: z.string().min(1),
  }),
  replication: z.array(
    z.looseObject({
      policy: z.string().min(1),
      configuration: path,
      retentionSeconds: seconds.optional(),
      controlSocket: path.optional(),
      databases: z.array(
        z.looseObject({
          name: z.string().min(1),
          tier: z.enum(["P0-critical", "P0-financial", "P1", "P2"]),
          path,
          syncSeconds: seconds,
          followedByStandby: z.boolean(),
        }),
      ),
    }),
  ),
  primaryOnlyAgents: z.array(z.string().min(1)),
  health: z.looseObject({ port: z.int().min(1).max(65_535) }),
  inference: z.looseObject({
    everySeconds: seconds,
    timeoutSeconds: seconds,
    servers: z.array(
      z.looseObject({
        host: z.string().min(1),
        url: z.url(),
        healthPath: z.string().startsWith("/", "expected a path"),
      }),
    ),
  }),
  failoverName: z.looseObject({
    hostname: z.string().min(1),
    zoneId: z.string().min(1),
    recordId: z.string().min(1),
    api: z.url(),
    ttlSeconds: seconds,
  }),
  programs: z.looseObject({ litestream: path, sqlite3: path, node: path, launchctl: path }),
  timing: z.looseObject({ leaseSeconds: seconds, confirmationSeconds: seconds, stalledSeconds: seconds }),
  leftovers: z.looseObject({ asideDays: z.number().min(1) }).optional(),
});

/** The settings file is missing or not as it should be. The message names file and fields, all at once. */
export class SettingsFileError extends Error {
  override name = "SettingsFileError";
}

/**
 * Reads a host's settings file.
 *
 * @throws SettingsFileError
 * @example readSettings("/Users/operator/system/etc/host.json")
 */
export function readSettings(file: string): HostSettings {
  const result = settingsSchema.safeParse(jsonOf(file));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path: at, message }) => `  ${at.join(".") || "the document"}: ${message}`,
  );
  throw new SettingsFileError(
    `${file} is not a host's settings file; \`npm run up -- --stack hosts\` writes it:\n${problems.join("\n")}`,
  );
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SettingsFileError(`${file} cannot be read: ${why}. \`npm run up -- --stack hosts\` writes it.`);
  }
}
