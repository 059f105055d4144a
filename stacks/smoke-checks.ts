import { all, type Output } from "@pulumi/pulumi";
import { isPlaceholder } from "../components/container-apps/container-image";
import type { DeployedApp } from "../components/services/deploy-services";
import type { InventoryContents } from "./inventory/files";

/** An address that `up --smoke` asks after a deployment: the stack's output of that name. */
export interface SmokeCheckOutput {
  readonly name: string;
  readonly url: string;
  /** Healthy answers. Source: the uptime check of the static hosting blueprint. */
  readonly expect: readonly number[];
  readonly timeoutSeconds: number;
}

/** An app whose newest revision must have come up. */
export interface RevisionCheckOutput {
  readonly name: string;
  /** Its Azure id. */
  readonly app: Output<string>;
  readonly timeoutSeconds: number;
}

/** Every watched site that Pages serves. A new certificate takes its time, so each has a minute. */
export function siteSmokeChecks({ sites }: Pick<InventoryContents, "sites">): readonly SmokeCheckOutput[] {
  return sites.sites
    .filter(({ state, monitor }) => state === "on-pages" && monitor)
    .map(({ domain }) => ({
      name: domain,
      url: `https://${domain}/`,
      expect: [200, 301, 302],
      timeoutSeconds: 60,
    }));
}

/** What every app answers with 200 when it is well, unless its readiness probe asks another path. Source: the plan's checks after a deployment. */
const healthPath = "/health";

/**
 * Every app that the pipeline reaches over the tailnet. Until something is released, a placeholder runs, which only knows its front page.
 */
export function appSmokeChecks(apps: readonly DeployedApp[]): readonly Output<SmokeCheckOutput>[] {
  return apps.flatMap(({ entry, app: { url: base, image } }) => {
    if (base === undefined || entry.ingress.exposure !== "network") return [];
    const health = entry.probes?.readiness ?? healthPath;
    return [
      all([base, image]).apply(([address, running]) => ({
        name: entry.name,
        url: `${address}${isPlaceholder(running) ? "/" : health}`,
        expect: [200],
        // A new revision may take its time to start.
        timeoutSeconds: 180,
      })),
    ];
  });
}

/** Every app by its newest revision, for an environment whose network has no router: Azure says whether it came up. */
export function revisionChecks(apps: readonly DeployedApp[]): readonly RevisionCheckOutput[] {
  return apps.map(({ entry, app }) => ({ name: entry.name, app: app.id, timeoutSeconds: 300 }));
}
