import { z } from "zod";

/**
 * Notifications that Cloudflare sends on every plan (Cloudflare documentation, "Available Notifications"). Error rates and traffic
 * anomalies by threshold are for Enterprise plans, usage of a paid product for Professional ones.
 */
const edgeAlertTypes = [
  "dos_attack_l7",
  "incident_alert",
  "pages_event_alert",
  "real_origin_monitoring",
  "universal_ssl_event_type",
] as const;

/** Who notices: a part of this program, or Cloudflare. */
const noticedBySchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("uptime-check") }).meta({ description: "The uptime checks" }),
    z.strictObject({
      kind: z.literal("cloudflare"),
      type: z.enum(edgeAlertTypes).meta({ description: "Cloudflare's name for the notification" }),
      only: z
        .record(z.enum(["environments", "events"]), z.array(z.string()).min(1))
        .exactOptional()
        .meta({ description: "What it is limited to, in Cloudflare's words. Default: everything" }),
    }),
    z
      .strictObject({ kind: z.literal("nobody"), because: z.string().min(1) })
      .meta({ description: "What cannot be noticed, and why: said instead of left out" }),
  ])
  .meta({ description: "Who notices" });

/** A row of the alert table. */
export const edgeAlertSchema = z
  .strictObject({
    name: z
      .string()
      .max(39, { abort: true })
      .regex(/^[a-z][a-z0-9-]*$/, "expected lower-case letters, digits and dashes")
      .meta({ description: "What goes wrong, for example build-failure" }),
    threshold: z.string().min(1).meta({ description: "From when on it counts, in words" }),
    noticedBy: noticedBySchema,
    steps: z.array(z.string().min(1)).length(3).meta({ description: "What to do at level 1, 2 and 3" }),
  })
  .meta({ description: "A row of the alert table", makes: [{ type: "landscape:edge-alerts:EdgeAlerts" }] });

export type EdgeAlert = z.infer<typeof edgeAlertSchema>;
