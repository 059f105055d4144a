import { setTimeout as wait } from "node:timers/promises";
import { type Provider, ServiceError } from "../engine/provider";

/** Tries in all, and milliseconds before the second; each wait doubles. Cloud SDKs retry a 429 a few times, seconds apart. */
export interface RetryPolicy {
  readonly tries: number;
  readonly firstWait: number;
}

/** Fewer milliseconds than a real service asks for: the emulated one has nothing to recover from. */
export const defaultRetryPolicy: RetryPolicy = { tries: 4, firstWait: 5 };

/** The provider, asking again when the service answers 429, as the real providers' clients do. */
export function retryingProvider(inner: Provider, policy: RetryPolicy = defaultRetryPolicy): Provider {
  const retry = async <T>(call: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof ServiceError && error.status === 429) || attempt >= policy.tries) throw error;
        await wait(policy.firstWait * 2 ** (attempt - 1));
      }
    }
  };
  return {
    packageName: inner.packageName,
    acceptsSecrets: inner.acceptsSecrets,
    checkConfig: (request) => inner.checkConfig(request),
    diffConfig: (request) => inner.diffConfig(request),
    configure: (inputs) => inner.configure(inputs),
    check: (request) => inner.check(request),
    diff: (request) => inner.diff(request),
    create: (request) => retry(() => inner.create(request)),
    read: (request) => retry(() => inner.read(request)),
    update: (request) => retry(() => inner.update(request)),
    delete: (request) => retry(() => inner.delete(request)),
    invoke: (request) => retry(() => inner.invoke(request)),
    ...(inner.findInterruptedCreate ? { findInterruptedCreate: inner.findInterruptedCreate.bind(inner) } : {}),
  };
}
