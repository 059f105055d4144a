import type { DrillSite } from "../drill-site";
import type { RunEvidence } from "../evidence/drill-evidence";
import type { LocalPlan } from "../hosts/local-plan";

/** What a scenario found. */
export type ScenarioOutcome = Pick<RunEvidence, "failover" | "databases" | "inference" | "checks" | "notChecked">;

export interface ScenarioOptions {
  /** Seconds of undisturbed writing before something happens. */
  readonly steadySeconds: number;
  /** How long the store is away in `store-outage`. Seconds. */
  readonly outageSeconds: number;
  /** Seconds between two requests of the drill's watcher to the health endpoint. */
  readonly watchSeconds: number;
}

/** Something that goes wrong, and how it must end. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a sentence. */
  readonly description: string;
  /** The state it must end in: what its checks assert. */
  readonly endState: string;
  /** Why it cannot be done here; undefined when it can. */
  readonly hindrance: (site: Pick<DrillSite, "kind">) => string | undefined;
  /** What must be so on this machine before the hosts are made. @returns what undoes it */
  readonly prepare?: (plan: LocalPlan) => () => void;
  run(site: DrillSite, options: ScenarioOptions): Promise<ScenarioOutcome>;
}

export const possible = (): undefined => undefined;

/** Needs what only a site made on one machine has. */
export function requireLocalSite({ kind }: Pick<DrillSite, "kind">): string | undefined {
  return kind === "local" ? undefined : "it breaks what real hosts share with others; it is done on one machine only";
}
