import type { AnalyzedResource } from "../../deployment/policies/policy-analyzer";
import { type PropertyMap, reveal } from "../../deployment/values/property-value";
import type { ExistingThings } from "../adopt/find-existing";
import type { DeployedResource } from "../drift/deployment-state";
import type { CloudReadings } from "../status/cloud-readings";
import type { TakeoverCloud } from "../takeover/takeover-cloud";
import type { Accounts } from "./accounts";

/** Something that is not as a stack needs it. */
export interface DoctorFinding {
  /** @example "sign-in" */
  readonly check: string;
  readonly stack: string;
  readonly what: string;
  /** The command or page that mends it. */
  readonly mend: string;
  /** Set of a check that could not be made: `what` says why, and what it would have found nobody knows. */
  readonly unchecked?: true;
}

/** A stack, with what its program makes and what it made. */
export interface ExaminedStack {
  readonly stack: string;
  readonly subscription: string;
  /** The organisation at GitHub. */
  readonly owner: string;
  /** Numbers and client ids of the GitHub Apps that its configuration names. */
  readonly apps: readonly string[];
  /** The plans of the zones that its inventory has, by domain. */
  readonly plans: Readonly<Record<string, string>>;
  /** Names that its inventory or its file says exist already. */
  readonly isAdopted: (name: string) => boolean;
  /** What its program makes, as inputs. */
  readonly planned: readonly AnalyzedResource[];
  /** The URNs of those of them that its inventory says were there before. */
  readonly imported: ReadonlySet<string>;
  /** Whether its file lists a resource among what the next deployment takes over. */
  readonly isListed: (type: string, name: string) => boolean;
  /** Empty for a stack that was never deployed. */
  readonly deployed: readonly DeployedResource[];
}

/** Who is asked. */
export interface DoctorClouds {
  readonly accounts: Accounts;
  readonly readings: Pick<CloudReadings, "secrets">;
  readonly takeover: Pick<TakeoverCloud, "coresLeft">;
  /** What exists. @param githubOwner whose repositories are looked at */
  existing(githubOwner: string): ExistingThings;
}

/** A finding, without who found it and where. */
export type Trouble = Omit<DoctorFinding, "check" | "stack">;

/** A text among what a program gives a resource; empty when it is none. */
export function textIn(properties: PropertyMap, name: string): string {
  const value = reveal(properties[name] ?? "");
  return typeof value === "string" ? value : "";
}
