import {
  type CreateRequest,
  type DeleteRequest,
  type InvokeRequest,
  type Provider,
  type ReadRequest,
  ServiceError,
  type UpdateRequest,
} from "../engine/provider";
import type { Fault, FaultPlan, FaultyOperation } from "./fault-plan";

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
      throw new ServiceError("TooManyRequests", 429, `the request rate is too high, retry later (${call.type})`);
    }
    if (fault.when === "after") await operation();
    if (fault.effect === "kill") {
      this.kill();
      // A killed process answers nobody.
      return new Promise(() => undefined);
    }
    throw new ServiceError(
      "InternalServerError",
      500,
      `injected failure ${fault.when} the ${call.operation} of ${call.type}`,
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
export function faultyProvider(inner: Provider, schedule: FaultSchedule): Provider {
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
    create: (request: CreateRequest) =>
      request.preview
        ? inner.create(request)
        : around("create", request.type, request.name, () => inner.create(request)),
    read: (request: ReadRequest) => around("read", request.type, request.name, () => inner.read(request)),
    update: (request: UpdateRequest) =>
      request.preview
        ? inner.update(request)
        : around("update", request.type, request.name, () => inner.update(request)),
    delete: (request: DeleteRequest) => around("delete", request.type, request.name, () => inner.delete(request)),
    invoke: (request: InvokeRequest) => around("invoke", request.token, undefined, () => inner.invoke(request)),
    ...(inner.findInterruptedCreate ? { findInterruptedCreate: inner.findInterruptedCreate.bind(inner) } : {}),
  };
}
