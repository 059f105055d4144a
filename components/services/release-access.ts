import type { ContainerApp } from "../container-apps/container-app";
import type { ContainerJob } from "../container-apps/container-job";
import type { RegistryReference } from "../container-apps/container-spec";
import type { ServiceInventory } from "../container-apps/schema";
import type { StackContext } from "../context/stack-context";
import { assignRole, type RoleGrant } from "../identity/role-assignment";
import type { MetricsWorkspace } from "../observability/metrics-workspace";
import type { DatabaseDumps } from "../postgres-server/database-dumps";

/** Whom the workflows of an application become in an environment, by object ids: identities of the stack that lets workflows in. */
export interface ReleasePrincipals {
  /** Who releases to it. */
  readonly release: string;
  /** Who pushes images to its registry. Default: nobody, so that images are copied there from where they were before. */
  readonly push?: string | undefined;
  /** Who copies images from its registry: who releases to the stack that comes next. Default: nobody. */
  readonly copy?: string | undefined;
}

/** A service that was made. */
export interface MadeService {
  readonly entry: ServiceInventory;
  readonly app?: Pick<ContainerApp, "id">;
  readonly job?: Pick<ContainerJob, "id">;
}

/**
 * What a release needs of an environment: to change and run the services that releases own, one by one, to start the dumps before a
 * migration, to read the error budgets, and to have images come into the registry. Nothing of the services that the program owns, which have more rights than any application.
 */
export function grantReleases(
  made: readonly MadeService[],
  { release, push, copy }: ReleasePrincipals,
  {
    context,
    registry,
    metrics,
    dumps,
  }: {
    readonly context: StackContext;
    readonly registry?: RegistryReference | undefined;
    readonly metrics?: MetricsWorkspace | undefined;
    readonly dumps?: DatabaseDumps | undefined;
  },
): void {
  const give = (name: string, principalId: string, grant: RoleGrant): void => {
    assignRole(name, { context, principalId, principalType: "ServicePrincipal", grant }, {});
  };
  for (const { entry, app, job } of made) {
    const scope = (app ?? job)?.id;
    if (scope === undefined || entry.digest !== undefined) continue;
    const role = app === undefined ? "Container Apps Jobs Contributor" : "Container Apps Contributor";
    give("release", release, { on: entry.name, role, scope });
  }
  const snapshot = dumps?.snapshotId;
  if (snapshot !== undefined)
    give("release", release, { on: "snapshot", role: "Container Apps Jobs Operator", scope: snapshot });
  if (metrics !== undefined)
    give("release", release, { on: "metrics", role: "Monitoring Data Reader", scope: metrics.id });
  if (registry === undefined) return;
  if (copy !== undefined) give("copy", copy, { on: "registry", role: "AcrPull", scope: registry.id });
  if (push !== undefined) give("push", push, { on: "registry", role: "AcrPush", scope: registry.id });
  else
    give("release", release, {
      ...{ on: "registry", role: "Container Registry Data Importer and Data Reader", scope: registry.id },
    });
}
