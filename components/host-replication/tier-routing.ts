import { bothHosts, type HostPair, type PlacedHost } from "./host-pair";

/** A server of inference, as the router on a host reads it (`ollamaHosts`). */
export interface RoutedServer {
  readonly url: string;
  readonly tailscale_url: string;
  readonly health_path: string;
  readonly health_timeout_ms: number;
  readonly role: "primary-infra" | "primary-compute";
}

/** Where the tiers of a host go while it is down (`failoverRules`, by `<host>-down`). */
export type RedirectionRule = Readonly<Record<string, readonly string[] | Readonly<Record<string, string>> | true>>;

/** The part of a host's `tier-routing.json` that says where inference is, and what replaces what. */
export interface TierRouting {
  readonly ollamaHosts: Readonly<Record<string, RoutedServer>>;
  readonly failoverRules: Readonly<Record<string, RedirectionRule>>;
}

/** Source: "ANVIL SPOF Elimination Plan" 4.2. Addresses are the reader's: its own server by loopback, the other by cable. */
export function tierRouting(pair: HostPair, reader: PlacedHost): TierRouting {
  const { healthPath, port, timeoutSeconds, whenDown } = pair.software.inference;
  const servers = bothHosts(pair).map((server): [string, RoutedServer] => [
    server.name,
    {
      url: inferenceUrl(pair, server, reader),
      tailscale_url: server.inferenceUrl ?? `http://${server.address}:${port}`,
      health_path: healthPath,
      health_timeout_ms: timeoutSeconds * 1000,
      role: server.role === "primary" ? "primary-infra" : "primary-compute",
    },
  ]);
  const rules = bothHosts(pair).flatMap((server): [string, RedirectionRule][] => {
    const redirection = whenDown[server.name];
    if (redirection === undefined) return [];
    const { tiers, models } = redirection;
    const other = bothHosts(pair).find(({ name }) => name !== server.name)?.name ?? "";
    const target: RedirectionRule = models === undefined ? { to_claude: true } : { [`to_${other}_models`]: models };
    return [[`${server.name}-down`, { [`redirect_${server.name}_tiers`]: tiers, ...target }]];
  });
  return { ollamaHosts: Object.fromEntries(servers), failoverRules: Object.fromEntries(rules) };
}

/** How the reader reaches a server: never by 0.0.0.0, which is where a server listens and nobody calls. */
export function inferenceUrl(pair: HostPair, server: PlacedHost, reader: PlacedHost): string {
  const { port } = pair.software.inference;
  if (server.inferenceUrl !== undefined) return server.inferenceUrl;
  if (server.name === reader.name) return `http://127.0.0.1:${port}`;
  const byCable = reader.directAddress !== undefined && server.directAddress !== undefined;
  return `http://${byCable ? server.directAddress : server.address}:${port}`;
}
