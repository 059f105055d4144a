import { z } from "zod";
import { readYaml } from "../../lib/located-yaml/read-yaml";
import { type RetryPlan, retry } from "../../lib/retry";
import type * as protocol from "../engine/provider";
import { ServiceError } from "../engine/provider";

interface Call {
  readonly operation: FaultyOperation;
  readonly type: string;
  readonly name: string | undefined;
}

/** Counts the calls of a process and says which fault hits one. One instance serves all providers of a run. */
export class FaultSchedule {
  private readonly seen = new Map<Fault, number>();

  constructor(
    private readonly plan: FaultPlan,
    /** Ends the process at once, without any cleaning up. */
    private readonly kill: () => void = () => process.kill(process.pid, "SIGKILL"),
  ) {}

  async around<T>(call: Call, operation: () => Promise<T>): Promise<T> {
    const fault = this.hitting(call);
    if (fault === undefined) return operation();
    if (fault.effect === "throttle") {
      throw new ServiceError("TooManyRequests", `the request rate is too high, retry later (${call.type})`, 429);
    }
    if (fault.when === "after") await operation();
    if (fault.effect === "kill") {
      this.kill();
      // A killed process answers nobody.
      return new Promise(() => undefined);
    }
    throw new ServiceError(
      "InternalServerError",
      `injected failure ${fault.when} the ${call.operation} of ${call.type}`,
      500,
    );
  }

  private hitting(call: Call): Fault | undefined {
    const matching = this.plan.faults.filter((fault) => matches(fault, call));
    for (const fault of matching) this.seen.set(fault, (this.seen.get(fault) ?? 0) + 1);
    return matching.find((fault) => {
      const count = this.seen.get(fault) ?? 0;
      const last = fault.effect === "throttle" ? fault.nth + fault.times - 1 : fault.nth;
      return count >= fault.nth && count <= last;
    });
  }
}

function matches(fault: Fault, call: Call): boolean {
  return (
    fault.operation === call.operation &&
    (fault.type === "*" || fault.type === call.type) &&
    (fault.name === undefined || fault.name === call.name)
  );
}

/** The provider, with the faults of a schedule between it and the engine. Previews are never hit: they reach no service. */
export function faultyProvider(inner: protocol.Provider, schedule: FaultSchedule): protocol.Provider {
  const around = <T>(operation: FaultyOperation, type: string, name: string | undefined, body: () => Promise<T>) =>
    schedule.around({ operation, type, name }, body);
  return {
    packageName: inner.packageName,
    acceptsSecrets: inner.acceptsSecrets,
    checkConfig: (request) => inner.checkConfig(request),
    diffConfig: (request) => inner.diffConfig(request),
    configure: (inputs) => inner.configure(inputs),
    check: (request) => inner.check(request),
    diff: (request) => inner.diff(request),
    create: (request: protocol.CreateRequest) =>
      request.preview
        ? inner.create(request)
        : around("create", request.type, request.name, () => inner.create(request)),
    read: (request: protocol.ReadRequest) => around("read", request.type, request.name, () => inner.read(request)),
    update: (request: protocol.UpdateRequest) =>
      request.preview
        ? inner.update(request)
        : around("update", request.type, request.name, () => inner.update(request)),
    delete: (request: protocol.DeleteRequest) =>
      around("delete", request.type, request.name, () => inner.delete(request)),
    invoke: (request: protocol.InvokeRequest) =>
      around("invoke", request.token, undefined, () => inner.invoke(request)),
    ...(inner.findInterruptedCreate ? { findInterruptedCreate: inner.findInterruptedCreate.bind(inner) } : {}),
    ...(inner.gaps ? { gaps: inner.gaps } : {}),
  };
}

/** The calls to a service that a fault can hit. */
const faultyOperations = ["create", "read", "update", "delete", "invoke"] as const;
type FaultyOperation = (typeof faultyOperations)[number];

const target = {
  /** The resource type or invoke token, without a version; `*` is any. */
  type: z.string().min(1),
  operation: z.enum(faultyOperations),
  /** The logical name of the one resource it is about. Default: any. */
  name: z.string().min(1).optional(),
  /** Which of the matching calls, from 1, counted in this process. Default 1. */
  nth: z.int().min(1).default(1),
};

/** Whether the service did what it was asked before things went wrong. */
const when = z.enum(["before", "after"]).default("before");

/**
 * What goes wrong, and when: for tests and for showing what an interruption does.
 *
 * @example
 * ```yaml
 * faults:
 *   - { effect: fail, type: azure-native:storage:StorageAccount, operation: create, when: after }
 *   - { effect: throttle, type: "*", operation: create, nth: 3, times: 2 }
 *   - { effect: kill, type: cloudflare:index/dnsRecord:DnsRecord, operation: create, name: www, when: before }
 * ```
 */
export const faultPlanSchema = z.strictObject({
  faults: z.array(
    z.discriminatedUnion("effect", [
      /** The call answers with an error. */
      z.strictObject({ effect: z.literal("fail"), ...target, when }),
      /** The service answers 429 to this call and to the first `times - 1` tries again. */
      z.strictObject({ effect: z.literal("throttle"), ...target, times: z.int().min(1).default(1) }),
      /** This process is killed, as by `kill -9`. */
      z.strictObject({ effect: z.literal("kill"), ...target, when }),
    ]),
  ),
});

export type FaultPlan = z.infer<typeof faultPlanSchema>;
type Fault = FaultPlan["faults"][number];

/** Names the file with the faults of a run, YAML or JSON; unset, nothing goes wrong on purpose. */
const faultsVariable = "SANDBOX_FAULTS";

/** The faults asked for, or undefined. Throws an `LocatedError` with every problem when the file is no fault plan. */
export function requestedFaults(environment: Readonly<Record<string, string | undefined>>): FaultPlan | undefined {
  const path = environment[faultsVariable];
  if (path === undefined || path === "") return undefined;
  return readYaml({ file: path, schema: faultPlanSchema, of: `the fault plan that ${faultsVariable} names` });
}

/** Fewer milliseconds than a real service asks for: the emulated one has nothing to recover from. */
const defaultRetryPlan: RetryPlan = { tries: 4, firstWaitMs: 5 };

/** The provider, asking again when the service answers 429, as the real providers' clients do: a few times, longer and longer apart. */
export function retryingProvider(inner: protocol.Provider, plan: RetryPlan = defaultRetryPlan): protocol.Provider {
  const again = <T>(call: () => Promise<T>): Promise<T> =>
    retry(call, plan, (error) => error instanceof ServiceError && error.status === 429);
  return {
    packageName: inner.packageName,
    acceptsSecrets: inner.acceptsSecrets,
    checkConfig: (request) => inner.checkConfig(request),
    diffConfig: (request) => inner.diffConfig(request),
    configure: (inputs) => inner.configure(inputs),
    check: (request) => inner.check(request),
    diff: (request) => inner.diff(request),
    create: (request) => again(() => inner.create(request)),
    read: (request) => again(() => inner.read(request)),
    update: (request) => again(() => inner.update(request)),
    delete: (request) => again(() => inner.delete(request)),
    invoke: (request) => again(() => inner.invoke(request)),
    ...(inner.findInterruptedCreate ? { findInterruptedCreate: inner.findInterruptedCreate.bind(inner) } : {}),
    ...(inner.gaps ? { gaps: inner.gaps } : {}),
  };
}
