import type { input } from "@pulumi/azure-native/types";

/** Paths that answer 2xx or 3xx when all is well. */
export interface Probes {
  /** Restarted when it fails. @example "/health/live" */
  readonly liveness?: string | undefined;
  /** Gets no requests while it fails. @example "/health/ready" */
  readonly readiness?: string | undefined;
  /** Given up to five minutes to start. Default: the liveness path. */
  readonly startup?: string | undefined;
}

/** Everything that is wrong with probes; empty when it is right. */
export function probeProblems(probes: Probes | undefined, port: number | undefined): string[] {
  if (probes === undefined) return [];
  if (port === undefined) return ['probes are given, but ingress.exposure is "none"; there is no port to ask'];
  return Object.entries(probes)
    .filter(([, path]) => path !== undefined && !path.startsWith("/"))
    .map(([kind, path]) => `probes.${kind} "${path}" is not a path; begin it with /`);
}

/** Probes as Azure takes them: over HTTP where a path is given; else that the port answers, which is Azure's default made visible. */
export function probeArgs(probes: Probes, port: number): input.app.ContainerAppProbeArgs[] {
  const asks = (path: string | undefined) =>
    path === undefined ? { tcpSocket: { port } } : { httpGet: { path, port, scheme: "HTTP" } };
  return [
    {
      type: "Startup",
      ...asks(probes.startup ?? probes.liveness),
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: 30,
    },
    { type: "Liveness", ...asks(probes.liveness), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    { type: "Readiness", ...asks(probes.readiness), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
  ];
}
