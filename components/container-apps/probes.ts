import type { input } from "@pulumi/azure-native/types";

/** How an app is asked: the path alone, or with numbers of its own. */
type Probe =
  | string
  | {
      readonly path: string;
      /** Seconds before the first: 1 to 60. Default: none. */
      readonly delaySeconds?: number | undefined;
      /** Seconds from one to the next: 1 to 240. */
      readonly periodSeconds?: number | undefined;
      /** Seconds for an answer: 1 to 240. Default: 5. */
      readonly timeoutSeconds?: number | undefined;
      /** Failures in a row that count: 1 to 10. Default: 3. */
      readonly failures?: number | undefined;
    };

/** Paths that answer 2xx or 3xx when all is well. */
export interface Probes {
  /** Restarted when it fails; asked every 10 seconds. @example "/health/live" */
  readonly liveness?: Probe | undefined;
  /** Gets no requests while it fails; asked every 5 seconds. @example "/health/ready" */
  readonly readiness?: Probe | undefined;
  /** Given up to five minutes to start. Default: the liveness path. */
  readonly startup?: string | undefined;
}

/** What is wrong with probes of an app on a port, or without one. */
export function probeProblems(probes: Probes | undefined, port: number | undefined): string[] {
  if (probes === undefined || port !== undefined) return [];
  return ['probes are given, but ingress.exposure is "none"; there is no port to ask'];
}

/** Probes as Azure takes them: over HTTP where a path is given; else that the port answers, which is Azure's default made visible. */
export function probeArgs(probes: Probes, port: number): input.app.ContainerAppProbeArgs[] {
  const asks = (path: string | undefined) =>
    path === undefined ? { tcpSocket: { port } } : { httpGet: { path, port, scheme: "HTTP" } };
  return [
    {
      type: "Startup",
      ...asks(probes.startup ?? pathOf(probes.liveness)),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 30,
    },
    { type: "Liveness", ...asks(pathOf(probes.liveness)), ...numbersOf(probes.liveness, 10) },
    { type: "Readiness", ...asks(pathOf(probes.readiness)), ...numbersOf(probes.readiness, 5) },
  ];
}

function pathOf(probe: Probe | undefined): string | undefined {
  return typeof probe === "object" ? probe.path : probe;
}

function numbersOf(probe: Probe | undefined, period: number) {
  const {
    delaySeconds,
    periodSeconds = period,
    timeoutSeconds = 5,
    failures = 3,
  } = typeof probe === "object" ? probe : {};
  return {
    ...(delaySeconds === undefined ? {} : { initialDelaySeconds: delaySeconds }),
    periodSeconds,
    timeoutSeconds,
    failureThreshold: failures,
  };
}
