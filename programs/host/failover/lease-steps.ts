import { HostError, hostExitCodes } from "../host-exit-codes";
import { askForHandover, cancelHandover, nextTerm } from "../lease/lease";
import { changeLease, type FailoverStep, supersededError, untilHost, untilLease } from "./failover-step";

/** An interrupted failover away from the host that shall be primary: it is, in its own term. */
export const callHandoverOff: FailoverStep = async (context) => {
  const { to } = context.request;
  const lease = await changeLease(context, (current) => {
    if (current.primary !== to) throw supersededError(current);
    return current.phase.kind === "serving" ? undefined : cancelHandover(current);
  });
  return `${to} serves on in term ${lease.term}`;
};

export const requestHandover: FailoverStep = async (context) => {
  const { request, environment } = context;
  const lease = await changeLease(context, (current) =>
    current.primary === request.to || current.phase.kind !== "serving"
      ? undefined
      : askForHandover(current, request.to, environment.now().toISOString()),
  );
  return `${lease.primary} is asked to stop writing and to send what it has`;
};

export const waitUntilFenced: FailoverStep = async (context) => {
  const { to } = context.request;
  return untilLease(context, ({ lease }) => {
    const { phase, primary, term } = lease;
    if (primary === to) return { found: `term ${term} is ${to}'s already` };
    if (phase.kind === "fenced") return { found: `${primary} wrote nothing after ${phase.at}` };
    if (phase.kind === "handover") return { waitingFor: `${primary} has not stopped yet` };
    throw new HostError(hostExitCodes.resource, `the handover of term ${term} was called off`);
  });
};

/** Until the standby has every transaction that the fenced primary sent. */
export const letCopiesCatchUp: FailoverStep = async (context) => {
  const { to } = context.request;
  const positions = await untilLease(context, ({ lease }) => ({
    found: lease.primary !== to && lease.phase.kind === "fenced" ? lease.phase.positions : undefined,
  }));
  if (positions === undefined) return "nothing to wait for";
  const expected = followedDatabases(context.environment.settings.replication).filter((name) => name in positions);
  return untilHost(context, to, ({ databases }) => {
    const txids = new Map(databases.map(({ name, txid }) => [name, txid ?? ""]));
    // Transactions are 16 hexadecimal digits: as texts they compare like numbers.
    const behind = expected.filter((name) => (txids.get(name) ?? "") < (positions[name] ?? ""));
    if (behind.length === 0) return { found: `${expected.length} copies have everything` };
    return { waitingFor: `${behind.length} copies on ${to} are behind: ${behind.join(", ")}` };
  });
};

function followedDatabases(
  replication: readonly { readonly databases: readonly FollowedDatabase[] }[],
): readonly string[] {
  return replication.flatMap(({ databases }) =>
    databases.filter(({ followedByStandby }) => followedByStandby).map(({ name }) => name),
  );
}

interface FollowedDatabase {
  readonly name: string;
  readonly followedByStandby: boolean;
}

/** The moment of the failover: from here on the old primary's writes go nowhere. */
export const takeLease: FailoverStep = async (context) => {
  const { request, environment, handedOver } = context;
  const lease = await changeLease(context, (current) => {
    if (current.primary === request.to) return undefined;
    if (handedOver && current.phase.kind !== "fenced") {
      throw new HostError(hostExitCodes.resource, `the handover of term ${current.term} was called off`);
    }
    return nextTerm(current, request.to, request.reason, environment.now().toISOString());
  });
  return `term ${lease.term} is ${request.to}'s`;
};
