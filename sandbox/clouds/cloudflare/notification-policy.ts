import { ServiceError } from "../../engine/provider";
import { mapsAt, textAt } from "../read-property";
import type { TypeRule } from "../type-rule";
import { lastPart, requireAccount } from "./service-lookup";

/**
 * Notifications that need more than the Free plan (Cloudflare documentation, "Available Notifications"): what an account without one
 * is refused. Other types are sent on every plan.
 */
const onPaidPlansOnly: readonly string[] = [
  "advanced_ddos_attack_l7_alert",
  "advanced_http_alert_error",
  "billing_usage_alert",
  "clickhouse_alert_fw_anomaly",
  "clickhouse_alert_fw_ent_anomaly",
  "health_check_status_notification",
  "http_alert_edge_error",
  "http_alert_origin_error",
  "traffic_anomalies_alert",
];

export const notificationPolicyRule: TypeRule = {
  type: "cloudflare:index/notificationPolicy:NotificationPolicy",
  identity: { kind: "generated", id: (random) => random.hex(32), fromImport: lastPart },
  required: ["accountId", "alertType", "mechanisms", "name"],
  createOnly: ["accountId"],
  defaults: { enabled: true },
  service: {
    create: ({ world, inputs }) => {
      requireAccount(world, textAt(inputs, "accountId") ?? "");
      const type = textAt(inputs, "alertType") ?? "";
      if (onPaidPlansOnly.includes(type)) {
        throw new ServiceError(
          "17103",
          `You do not have an entitlement to create policies with alert type ${type}`,
          403,
        );
      }
      const receivers = ["emails", "pagerduties", "webhooks"].flatMap((kind) => mapsAt(inputs, `mechanisms.${kind}`));
      if (receivers.length === 0) {
        throw new ServiceError("17105", "a policy must have at least one delivery mechanism");
      }
    },
  },
  computed: {
    names: ["created", "modified"],
    stable: ["created"],
    values: ({ existing }) => ({
      created: textAt(existing?.properties ?? {}, "created") ?? new Date().toISOString(),
      modified: new Date().toISOString(),
    }),
  },
};
