import { type RetryPlan, retry } from "../../lib/retry";
import { type Provider, ServiceError } from "../engine/provider";

/** Fewer milliseconds than a real service asks for: the emulated one has nothing to recover from. */
export const defaultRetryPlan: RetryPlan = { tries: 4, firstWaitMs: 5 };

/** The provider, asking again when the service answers 429, as the real providers' clients do: a few times, longer and longer apart. */
export function retryingProvider(inner: Provider, plan: RetryPlan = defaultRetryPlan): Provider {
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
  };
}
