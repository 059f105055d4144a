import { didYouMean } from "../../../../lib/closest-name";
import type { FileProblem } from "../../../../lib/located-yaml/problem";
import type { InventoryContents } from "../../../inventory/files";
import { secretNames } from "../../../inventory/rules/secret-rules";

/** What production's own jobs, router and hosts read, by their names in its vault. */
export const programSecrets = {
  dnsExport: "dns-read-token",
  failover: "failover-dns-token",
  gitMirror: "git-read-token",
  healthUrl: "primary-health-url",
  infraAlerts: "slack-infra-alerts-webhook",
  opsAlerts: "slack-ops-webhook",
  opsEscalation: "slack-escalation-webhook",
  router: "tailnet-router-auth-key",
} as const;

/** A host's own credential, from which it takes the next one before the old one ends. */
export function hostClientSecret(host: string): string {
  return `host-${host}-client-secret`;
}

/** What production's programs and hosts read is declared. */
export function programsHaveSecrets(inventory: Pick<InventoryContents, "hosts" | "secrets">): readonly FileProblem[] {
  const known = secretNames(inventory, "prod");
  const missing = (name: string) => `no secret "${name}" in secrets.yaml for prod${didYouMean(name, known)}`;
  const ofPrograms = Object.values(programSecrets).filter((name) => !known.includes(name));
  const ofHosts = inventory.hosts.hosts.flatMap(({ name, home }, index) =>
    home === undefined || known.includes(hostClientSecret(name))
      ? []
      : [{ file: "hosts.yaml", path: ["hosts", index, "name"], message: missing(hostClientSecret(name)) }],
  );
  return [
    ...ofPrograms.map((name) => ({ file: "secrets.yaml", path: ["secrets"], message: missing(name) })),
    ...ofHosts,
  ];
}
