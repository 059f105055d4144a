import type { AlaiInventory } from "./inventory";

/** What `up --smoke` asks after a deployment: the stack's output of that name. */
export interface SmokeCheckOutput {
  readonly name: string;
  readonly url: string;
  /** Healthy answers. Source: the uptime check of the static hosting blueprint. */
  readonly expect: readonly number[];
  readonly timeoutSeconds: number;
}

/** Every watched site that Pages serves. A new certificate takes its time, so each has a minute. */
export function siteSmokeChecks({ sites }: AlaiInventory): readonly SmokeCheckOutput[] {
  return sites.sites
    .filter(({ state, monitor }) => state === "on-pages" && monitor)
    .map(({ domain }) => ({
      name: domain,
      url: `https://${domain}/`,
      expect: [200, 301, 302],
      timeoutSeconds: 60,
    }));
}
