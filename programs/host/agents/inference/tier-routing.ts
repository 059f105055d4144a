import { z } from "zod";
import type { InferenceHealth } from "./inference-health";

const ruleSchema = z.record(z.string(), z.unknown());

/** The part of `<root>/etc/tier-routing.json` that says what replaces what ("ANVIL SPOF Elimination Plan" 4.2). */
const tierRoutingSchema = z.looseObject({
  ollamaHosts: z.record(z.string(), z.looseObject({ url: z.url() })),
  failoverRules: z.record(z.string().regex(/^.+-down$/, 'expected "<host>-down"'), ruleSchema),
});
export type TierRouting = z.output<typeof tierRoutingSchema>;

/** Requests of these tiers go elsewhere while a server is away. */
export interface Redirect {
  readonly from: string;
  /** Another server's host, `claude`, or `nobody` where no rule has an answer. */
  readonly to: string;
  readonly tiers: readonly string[];
  /** Which model stands in for which; absent: the same ones. */
  readonly models?: Readonly<Record<string, string>> | undefined;
}

export function parseTierRouting(document: unknown): TierRouting | { readonly problem: string } {
  const { success, data, error } = tierRoutingSchema.safeParse(document);
  if (success) return data;
  return { problem: error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") };
}

/** What has to go elsewhere now. A replacement that is away itself is replaced by its own rule. */
export function redirectsFor({ failoverRules }: TierRouting, health: InferenceHealth): readonly Redirect[] {
  return Object.entries(failoverRules).flatMap(([name, rule]) => {
    const from = name.replace(/-down$/, "");
    if (health[from]?.healthy !== false) return [];
    const tiers = z.array(z.string()).safeParse(rule[`redirect_${from}_tiers`]).data ?? [];
    return [{ from, tiers, ...replacement(failoverRules, health, from, new Set()) }];
  });
}

function replacement(
  rules: TierRouting["failoverRules"],
  health: InferenceHealth,
  from: string,
  tried: Set<string>,
): Pick<Redirect, "to" | "models"> {
  const rule = rules[`${from}-down`] ?? {};
  tried.add(from);
  if (rule.to_claude === true) return { to: "claude" };
  for (const [key, value] of Object.entries(rule)) {
    const to = /^to_(.+)_models$/.exec(key)?.[1];
    if (to === undefined) continue;
    if (health[to]?.healthy !== false) return { to, models: z.record(z.string(), z.string()).safeParse(value).data };
    if (!tried.has(to)) return replacement(rules, health, to, tried);
  }
  return { to: "nobody" };
}
