import { z } from "zod";

/** Days that a workspace can keep logs. Source: Azure Monitor, "Manage data retention in a Log Analytics workspace". */
export const logRetentionSchema = z
  .int()
  .min(30)
  .max(730)
  .meta({ description: "Days that logs are kept", makes: [{ type: "landscape:observability:LogAnalytics" }] });
