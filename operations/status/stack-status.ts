import { isJsonObject } from "../../lib/json-value";
import { valueAt } from "../../lib/property-path";
import { currentType } from "../../lib/type-token";
import type { PolicyException } from "../../policies/exceptions";
import { isOfStack } from "../../policies/exceptions";
import type { SystemHosts } from "../../stacks/system-hosts";
import {
  type DeployedService,
  deployedServices,
  digestOf,
  type FiringAlert,
  type ReleaseCloud,
  servingRevision,
} from "../delivery/app-traffic";
import { type DeployedResource, readDeployedResources } from "../drift/deployment-state";
import type { DriftLook } from "../drift/drift-look";
import type { AlertProcessing, SuppressionWindow } from "../maintenance/alert-processing";
import { listWindows } from "../maintenance/maintenance-window";
import { isUnfinished, type JournalStore, readJournal } from "../release/release-journal";
import type { CloudReadings, JobRun, SecretState, Spend } from "./cloud-readings";
import type { LastUpdate, LockOwner, StackUpdates } from "./stack-updates";

/** What was asked for, or why nobody could tell. */
export type Told<Value> = { readonly value: Value } | { readonly unread: string };

/** How a stack is. Times are ISO 8601, UTC. */
export interface StackStatus {
  readonly stack: string;
  readonly lastUpdate: Told<LastUpdate | undefined>;
  readonly lock: Told<LockOwner | undefined>;
  /** Operations that began and whose end no state knows. */
  readonly pending: readonly { readonly operation: string; readonly urn: string }[];
  /** Permissions to break a rule of policy, by the day on which they end. */
  readonly exceptions: readonly Pick<PolicyException, "rule" | "resource" | "owner" | "expires">[];
  readonly secrets: readonly (Told<readonly SecretState[]> & { readonly vault: string })[];
  readonly releases: readonly (Told<RunningImage> & { readonly service: string })[];
  readonly jobs: readonly (Told<JobRun | undefined> & { readonly job: string })[];
  readonly backups: readonly (Told<string | undefined> & { readonly of: string })[];
  readonly budgets: readonly (Told<Spend> & { readonly budget: string })[];
  readonly alerts: readonly (Told<readonly FiringAlert[]> & { readonly group: string })[];
  /** In which alerts tell nobody, and those that ended and nobody closed. */
  readonly windows: readonly (Told<readonly SuppressionWindow[]> & { readonly group: string })[];
  /** Of a stack that installs on hosts. */
  readonly hosts: Told<HostsStatus> | undefined;
  /** Of a stack whose drift only people look for: when they did last. */
  readonly look: Told<DriftLook> | undefined;
}

/** What an app runs. */
export interface RunningImage {
  readonly digest: string;
  readonly revision: string;
  /** Whether that revision has come up. */
  readonly ready: boolean;
  /** Of its last release: by whom, since when, and how it ended; undefined while nothing was released. */
  readonly release:
    | { readonly by: string; readonly since: string; readonly phase: string; readonly ended: boolean }
    | undefined;
}

/** Which host is primary, and where lease, hosts and name say different things. */
export interface HostsStatus {
  readonly primary: string;
  readonly term: number;
  /** What each host says of itself; empty where only the lease was read. */
  readonly hosts: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
}

/** Where the status of a stack is read. */
export interface StatusSources {
  readonly stack: string;
  /** The project's name, which policy exceptions write out. */
  readonly project: string;
  /** As either engine exports it. */
  readonly state: unknown;
  readonly updates: StackUpdates;
  readonly readings: CloudReadings;
  readonly releases: {
    readonly cloud: ReleaseCloud;
    readonly journals: JournalStore;
    readonly alerts: AlertProcessing;
  };
  /** The hosts that the stack installs on, and how they are asked; undefined when it does not. */
  readonly hosts: { readonly of: SystemHosts; readonly read: () => Promise<HostsStatus> } | undefined;
  /** How it is asked when people looked for drift last; undefined where that is not kept. */
  readonly look: (() => Promise<DriftLook>) | undefined;
  readonly exceptions: readonly PolicyException[];
}

/** Reads how a stack is that was deployed. What does not answer keeps nothing else from being read. */
export async function readStackStatus(sources: StatusSources): Promise<StackStatus> {
  const { stack, project, state, updates, readings, releases, hosts, look } = sources;
  const owned = readDeployedResources(state).filter((resource) => resource.owned);
  const ids = (type: string) => owned.filter((resource) => currentType(resource.type) === type).map(nameAndId);
  const services = [...deployedServices(state).values()];
  const groups = ids("azure-native:resources:ResourceGroup");
  const [lastUpdate, lock, secrets, running, jobs, backups, budgets, alerts, windows, read, looked] = await Promise.all(
    [
      reading(() => updates.last()),
      reading(() => updates.lockOwner()),
      each(ids("azure-native:keyvault:Vault"), async ({ name, id }) => ({
        vault: name,
        ...(await reading(() => readings.secrets(id))),
      })),
      each(
        services.filter(({ kind }) => kind === "app"),
        async (service) => ({ service: service.name, ...(await reading(() => runningImage(service, releases))) }),
      ),
      each(
        services.filter(({ kind }) => kind === "job"),
        async ({ name, id }) => ({ job: name, ...(await reading(() => readings.lastRun(id))) }),
      ),
      each(owned.filter(hasBackups).map(nameAndId), async ({ name, id }) => ({
        of: name,
        ...(await reading(() => readings.newestBackup(id))),
      })),
      each(ids("azure-native:consumption:Budget"), async ({ name, id }) => ({
        budget: name,
        ...(await reading(() => readings.spend(id))),
      })),
      each(groups, async ({ name, id }) => ({
        group: name,
        ...(await reading(() => releases.cloud.firingAlerts(id))),
      })),
      each(groups, async ({ name, id }) => ({
        group: name,
        ...(await reading(() => listWindows(releases, id))),
      })),
      hosts === undefined ? undefined : reading(hosts.read),
      look === undefined ? undefined : reading(look),
    ],
  );
  const urn = `urn:pulumi:${stack}::${project}::`;
  const exceptions = sources.exceptions
    .filter((exception) => isOfStack(exception, urn))
    .map(({ rule, resource, owner, expires }) => ({ rule, resource, owner, expires }))
    .sort((one, other) => (one.expires < other.expires ? -1 : 1));
  return {
    ...{ stack, lastUpdate, lock, pending: pendingOperations(state), exceptions, secrets, releases: running },
    ...{ jobs, backups, budgets, alerts, windows, hosts: read, look: looked },
  };
}

async function reading<Value>(ask: () => Promise<Value>): Promise<Told<Value>> {
  try {
    return { value: await ask() };
  } catch (error) {
    return { unread: (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "" };
  }
}

function each<Item, Result>(items: readonly Item[], ask: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  return Promise.all(items.map(ask));
}

/** Of a replica's server, the primary's are made. */
function hasBackups({ type, outputs }: DeployedResource): boolean {
  return currentType(type) === "azure-native:dbforpostgresql:Server" && outputs.sourceServerResourceId === undefined;
}

function nameAndId({ urn, id }: DeployedResource): { readonly name: string; readonly id: string } {
  return { name: urn.split("::").at(-1) ?? "", id };
}

async function runningImage(
  { id }: DeployedService,
  { cloud, journals }: StatusSources["releases"],
): Promise<RunningImage> {
  const [app, journal, revisions] = await Promise.all([
    cloud.running(id),
    readJournal(journals, id),
    cloud.revisions(id),
  ]);
  const revision = servingRevision(app);
  const serving = revisions.find(({ name }) => name === revision);
  const image = serving?.image ?? app.image;
  const release = journal && {
    by: journal.by,
    since: journal.ended ?? journal.began,
    phase: journal.phase,
    ended: !isUnfinished(journal),
  };
  return { digest: digestOf(image), revision, ready: serving?.ready === true, release };
}

/** Source: the deployment documents of Pulumi, `pending_operations`: what was begun when the process that ran it ended. */
function pendingOperations(state: unknown): StackStatus["pending"] {
  const pending = valueAt(state, ["deployment", "pending_operations"]);
  return (Array.isArray(pending) ? pending : []).filter(isJsonObject).map((operation) => ({
    operation: String(operation.type),
    urn: String(valueAt(operation, ["resource", "urn"])),
  }));
}
