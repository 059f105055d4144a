/** An option of `failover`: what a person types, and what it means. */
interface FailoverOption {
  /** As commander takes them. @example "--accept-lag <seconds>" */
  readonly flags: string;
  readonly description: string;
  /** A flag is on or off; seconds are a number from 0 to 86400. */
  readonly takes: "flag" | "text" | "seconds";
  /** Seconds that hold when the option is not given. */
  readonly default?: number;
  /** The field of {@link AcceptedRisks} that it sets: what a check would refuse and a person takes upon themselves. */
  readonly accepts?: string;
}

/** The options of `failover`, by the name under which commander gives them: for the hosts, for laptops and for `npm run failover`. */
export const failoverOptions = {
  to: { flags: "--to <host>", description: "the host that shall be primary", takes: "text" },
  planned: {
    flags: "--planned",
    description: "the primary stops and sends everything first: nothing is lost",
    takes: "flag",
  },
  back: { flags: "--back", description: "planned, to the host that is meant to be primary", takes: "flag" },
  dryRun: { flags: "--dry-run", description: "say what would be done, and do nothing", takes: "flag" },
  yes: { flags: "-y, --yes", description: "do not ask", takes: "flag" },
  json: { flags: "--json", description: "the evidence on standard output, and nothing else there", takes: "flag" },
  reason: { flags: "--reason <text>", description: "why; goes into the lease", takes: "text" },
  timeout: { flags: "--timeout <seconds>", description: "how long a step may wait", takes: "seconds", default: 120 },
  acceptLag: {
    flags: "--accept-lag <seconds>",
    description: "give up what was written in this time",
    takes: "seconds",
    default: 60,
    accepts: "lagSeconds",
  },
  acceptIncomplete: {
    flags: "--accept-incomplete",
    description: "go on although not every database is followed; the others are lost as far as the standby has them",
    takes: "flag",
    accepts: "incomplete",
  },
  acceptUnhealthy: {
    flags: "--accept-unhealthy",
    description: "promote a host whose health says no",
    takes: "flag",
    accepts: "unhealthy",
  },
  primaryIsLost: {
    flags: "--primary-is-lost",
    description: "replace a primary that answers; what it has not sent is set aside there",
    takes: "flag",
    accepts: "primaryIsLost",
  },
  withoutName: {
    flags: "--without-name",
    description: "leave the DNS record alone: it is switched by hand",
    takes: "flag",
    accepts: "withoutName",
  },
} as const satisfies Readonly<Record<string, FailoverOption>>;

type Options = typeof failoverOptions;
export type FailoverOptionName = keyof Options;
type OptionThatTakes<T> = {
  [N in FailoverOptionName]: Options[N]["takes"] extends T ? N : never;
}[FailoverOptionName];
type RiskOption = {
  [N in FailoverOptionName]: Options[N] extends { readonly accepts: string } ? N : never;
}[FailoverOptionName];

/** The options as they were typed, with their defaults. */
export type FailoverArguments = { readonly [N in OptionThatTakes<"text">]?: string } & {
  readonly [N in OptionThatTakes<"flag">]: boolean;
} & { readonly [N in OptionThatTakes<"seconds">]: number } & { readonly settings: string };

/** What a check would refuse and a person takes upon themselves, by the table's `accepts`. */
export type AcceptedRisks = {
  readonly [N in RiskOption as Options[N]["accepts"]]: Options[N]["takes"] extends "seconds" ? number : boolean;
};

/** What a person asked for. */
export interface FailoverRequest {
  /** The host that shall be primary. */
  readonly to: string;
  /** The primary is asked to stop and to send everything first; nothing is lost. */
  readonly planned: boolean;
  /** Goes into the lease. @example "anvil is gone" */
  readonly reason: string;
  readonly accepted: AcceptedRisks;
  /** How long a step may wait. Default: 120. */
  readonly timeoutSeconds: number;
}

/** The table's rows, with what not all of them have. */
export const failoverOptionRows: readonly (FailoverOption & { readonly name: FailoverOptionName })[] = Object.keys(
  failoverOptions,
)
  .filter(isOptionName)
  .map((name) => ({ name, ...failoverOptions[name] }));

function isOptionName(name: string): name is FailoverOptionName {
  return Object.hasOwn(failoverOptions, name);
}

/**
 * What the options accept.
 *
 * @param given the options as they were typed. One that is not given counts as its default
 */
export function acceptedRisks(given: Partial<FailoverArguments>): AcceptedRisks {
  const risks = failoverOptionRows.flatMap(({ name, accepts, default: value = false }) =>
    accepts === undefined ? [] : [[accepts, given[name] ?? value] as const],
  );
  const accepted: Readonly<Record<string, unknown>> = Object.fromEntries(risks);
  if (!isAcceptedRisks(accepted)) throw new Error("the table of failover options accepts something of another kind");
  return accepted;
}

function isAcceptedRisks(value: Readonly<Record<string, unknown>>): value is AcceptedRisks {
  return failoverOptionRows.every(
    ({ accepts, takes }) =>
      accepts === undefined || typeof value[accepts] === (takes === "seconds" ? "number" : "boolean"),
  );
}
