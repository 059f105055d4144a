import { z } from "zod";
import { didYouMean } from "../../lib/closest-name";
import { listed } from "../../lib/located-yaml/messages";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { environmentNames, expressionSchema } from "./schema";
import { signals, watchedKinds } from "./signals";

const panelFields = z.strictObject({
  title: z.string().min(1).max(80),
  alerts: z.array(z.string()).min(1).optional().meta({
    description: "Alerts of groups that compare the same with numbers: what they compare, with a line for each number",
  }),
  expr: expressionSchema.optional().meta({ description: "Instead: what apps measure, in PromQL, without a line" }),
  watch: z
    .enum(watchedKinds)
    .optional()
    .meta({ description: "Instead: what Azure measures of a kind, with the lines of its rules" }),
  signal: z.string().optional().meta({ description: "Of watch: the signal, as rules name it" }),
});

/** A chart of a dashboard. */
const panelSchema = panelFields
  .superRefine((panel, refinement) => addProblems(refinement, panelProblems(panel)))
  .meta({ description: "A chart; its thresholds are those of the rules" });

export type Panel = z.infer<typeof panelFields>;

/** A page of charts, beside the overview that every environment has. */
export const dashboardSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, "expected a short name, for example queues")
      .refine((name) => name !== "overview", "every environment has an overview; name this otherwise"),
    title: z.string().min(1).max(80).meta({ description: "What people see in the list of workbooks" }),
    environments: environmentNames,
    panels: z.array(panelSchema).min(1).max(20),
  })
  .meta({ description: "A dashboard", makes: [{ type: "landscape:observability:Dashboards" }] });

export type Dashboard = z.infer<typeof dashboardSchema>;

function panelProblems({ alerts, expr, watch, signal }: Panel): readonly Problem[] {
  const ways = [alerts, expr, watch].filter((way) => way !== undefined).length;
  if (ways !== 1) return [{ path: [], message: "expected one of alerts, expr, and watch with signal" }];
  if ((watch === undefined) !== (signal === undefined))
    return [{ path: [], message: "watch and signal are said together" }];
  if (watch === undefined || signal === undefined) return [];
  // Logs are asked by alerts only.
  const known = Object.entries(signals[watch]).flatMap(([name, { measure }]) =>
    measure.kind === "metric" ? [name] : [],
  );
  if (known.includes(signal)) return [];
  return [
    {
      path: ["signal"],
      message: `no signal "${signal}" of ${watch} that Azure measures; there are ${listed(known)}${didYouMean(signal, known)}`,
    },
  ];
}
