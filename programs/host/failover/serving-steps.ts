import { HostError, hostExitCodes } from "../host-exit-codes";
import type { Lease } from "../lease/lease";
import {
  type FailoverStep,
  limitsOf,
  pairedHost,
  type StepContext,
  supersededError,
  until,
  untilHost,
  untilLease,
} from "./failover-step";

export const waitForPromotion: FailoverStep = async (context) => {
  const { to } = context.request;
  const { term } = await ownLease(context);
  return untilHost(context, to, ({ role }) => {
    if (role !== undefined && role.term > term)
      throw new HostError(hostExitCodes.resource, `${to} knows of a newer term, ${role.term}`);
    if (role?.role === "primary" && role.term === term) return { found: `${to} is primary since ${role.since}` };
    return { waitingFor: `${to} is ${role?.role ?? "without a role"} in term ${role?.term ?? 0}` };
  });
};

/** Only failovers change the record's content: `up` leaves it alone. */
export const switchName: FailoverStep = async (context) => {
  const { settings, name } = context.environment;
  const { address } = pairedHost(context, context.request.to);
  const { hostname, ttlSeconds } = settings.failoverName;
  // A failover that was overtaken must not take the name with it.
  await ownLease(context);
  const now = await name.read();
  if (now.kind === "read" && now.address === address) return `${hostname} points at ${address} already`;
  const trouble = await name.point(address);
  if (trouble !== undefined) throw new HostError(hostExitCodes.resource, `${hostname} was not switched: ${trouble}`);
  return `${hostname} points at ${address}; caches follow within ${ttlSeconds} s`;
};

/** Until the new primary has asked the inference servers in its own term, and knows for every tier where to go. */
export const routeInference: FailoverStep = async (context) => {
  const { to } = context.request;
  const { term } = await ownLease(context);
  return untilHost(context, to, ({ inference }) => {
    if (inference === undefined || inference.term < term)
      return { waitingFor: `${to} has not checked inference in term ${term}` };
    const lost = inference.redirects.filter((redirect) => redirect.to === "nobody").map(({ from }) => from);
    if (lost.length > 0) return { waitingFor: `nobody answers for the models of ${lost.join(", ")}` };
    const routes = inference.redirects.map((redirect) => `${redirect.from}'s models are served by ${redirect.to}`);
    return { found: routes.length === 0 ? "every inference server answers" : routes.join(", ") };
  });
};

/** Lease, name, new primary and old primary, once more and together. */
export const verify: FailoverStep = async (context) => {
  const { to, accepted } = context.request;
  const lease = await ownLease(context);
  const warning = await otherPrimary(context, lease);
  const address = pairedHost(context, to).address;
  const name = accepted.withoutName ? undefined : await context.environment.name.read();
  if (name?.kind === "unreadable") throw new HostError(hostExitCodes.resource, `the name cannot be read: ${name.why}`);
  if (name !== undefined && name.address !== address) {
    throw new HostError(hostExitCodes.resource, `the name points at ${name.address}; expected ${address}`);
  }
  const { summary, lost } = await untilHost(context, to, ({ role, status, problems, databases, promotion }) => {
    if (role?.role !== "primary" || role.term !== lease.term)
      return { waitingFor: `${to} is ${role?.role ?? "without a role"}` };
    if (status === "failing") return { waitingFor: `${to}: ${problems[0]?.text ?? "not healthy"}` };
    const sent = databases.filter(({ state }) => state === "replicating").length;
    const text = `${to} serves term ${lease.term}; ${sent} of ${databases.length} databases sent so far`;
    const isOfTerm = promotion?.term === lease.term;
    return { found: { summary: text, lost: isOfTerm ? [...promotion.notRecovered, ...promotion.incomplete] : [] } };
  });
  if (lost.length === 0) return warning === undefined ? summary : `${summary}. WARNING: ${warning}`;
  throw new HostError(
    hostExitCodes.resource,
    `${summary}. Not, or not wholly, recovered: ${lost.join(", ")}; state/promotion.json on ${to} says why`,
  );
};

/** As often as this a deposed primary would have read the lease, if it could. */
const leaseReadings = 3;

/**
 * A deposed primary that still answers has to notice; one that is away notices when it is back. One that was given up beforehand may be
 * cut off from the store, and is not waited for until it is not: then it is a warning.
 */
async function otherPrimary(context: StepContext, { term }: Lease): Promise<string | undefined> {
  const { settings, ask } = context.environment;
  const limits = limitsOf(context);
  const patience = leaseReadings * settings.timing.leaseSeconds;
  const givenUpAt = context.request.accepted.primaryIsLost ? Date.now() + patience * 1000 : Number.POSITIVE_INFINITY;
  const other = settings.hosts.find(({ name }) => name !== context.request.to);
  return until<string | undefined>(limits, async () => {
    const answer = other === undefined ? undefined : await ask(other);
    if (answer?.kind !== "answers" || answer.status.role?.role !== "primary") return { found: undefined };
    const { host, role } = answer.status;
    const warning = `${host} still acts as primary of term ${role.term} beside term ${term}: stop its programs`;
    return Date.now() >= givenUpAt ? { found: warning } : { waitingFor: warning };
  });
}

/** The lease, which must be the new primary's. */
function ownLease(context: StepContext): Promise<Lease> {
  return untilLease(context, ({ lease }) => {
    if (lease.primary !== context.request.to) throw supersededError(lease);
    return { found: lease };
  });
}
