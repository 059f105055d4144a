/** What an environment of a new system begins with. */
export interface StartingEnvironment {
  readonly name: string;
  /** Whether it has to hold what production promises. */
  readonly production: boolean;
  /** Its own addresses: a /16. */
  readonly network: string;
}

/** What a new system's inventory is made of. */
export interface StartingSystem {
  readonly system: string;
  /** Who has its images at GitHub. */
  readonly owner: string;
  readonly environments: readonly StartingEnvironment[];
  /** The lines that say who hears of what. */
  readonly routes: string;
}

const schemaLine = (kind: string) => `# yaml-language-server: $schema=../../inventory/schemas/${kind}.schema.json`;

/**
 * The inventory of a system that begins: one app that the network reaches, with a database of its own, and who hears when something is
 * wrong with them. Small, and what every rule asks for.
 *
 * @returns texts by file, in an order in which each needs none that follows
 */
export function startingInventory({
  system,
  owner,
  environments,
  routes,
}: StartingSystem): Readonly<Record<string, string>> {
  return {
    "network.yaml": `${schemaLine("network")}
# One network of its own per environment, inside the block that stacks/systems.yaml gives the system.

networks:
${environments.map(networkOf).join("\n")}
`,
    "secrets.yaml": `${schemaLine("secrets")}
# What a person sets in each environment's vault. Values are never in this repository: docs/security.md.

secrets: []
`,
    "zones.yaml": `${schemaLine("zones")}
# The zones in which public apps have their names: docs/extending.md, "A public app" and "The edge of a zone".

zones: []
`,
    "services.yaml": `${schemaLine("services")}
# What runs, in every environment: docs/extending.md, "A service". Until an image is released, a placeholder runs.

services:
  - name: api
    kind: app
    repository: ghcr.io/${owner}/${system}/api
    tier: P1
    ingress: { exposure: network, port: 8080 }
    probes: { readiness: /health }
    databases: [${system}]
`,
    "environments.yaml": `${schemaLine("environments")}
# What differs between environments. What each costs: docs/cost.md.

environments:
${environments.map((environment) => environmentOf(environment, system)).join("\n")}
`,
    "monitoring.yaml": `${schemaLine("monitoring")}
# Who hears of what: docs/extending.md, "An alert". Receivers are names: their addresses are alertEmails in Pulumi.<stack>.yaml.

${routes}

rules:
  - { watch: app, signal: restarts, warning: { above: 3, for: 15m } }
  - { watch: database, signal: storage, warning: { above: 80, for: 15m }, critical: { above: 90, for: 15m } }
  - { watch: database, signal: down, critical: { for: 5m } }
  # It gives apps their roles in databases, each hour.
  - { watch: job, signal: missing, only: [database-roles], warning: { within: 1h } }
  # What people set in the vault ends on the day that they said.
  - { watch: vault, signal: expiring, warning: {} }
  - { watch: vault, signal: expired, critical: {} }
`,
  };
}

function networkOf({ name, network }: StartingEnvironment): string {
  const at = (offset: string, prefix: number) => `${network.split(".").slice(0, 2).join(".")}.${offset}/${prefix}`;
  return `  ${name}:
    addressSpace: ${network}
    subnets: { apps: ${at("0.0", 23)}, postgres: ${at("2.0", 28)}, privateEndpoints: ${at("3.0", 26)} }
    privateDnsZones: [vault]`;
}

/** The smallest of everything; what production promises costs a second region for backups, and a replica that never sleeps. */
function environmentOf({ name, production }: StartingEnvironment, system: string): string {
  return `  ${name}:
    replicas: { min: ${production ? 1 : 0}, max: 2 }
    logRetentionDays: 30
    budget: { monthlyAmount: ${production ? 45 : 40} }
    postgres:
      version: "16"
      size: b1ms
      storageGb: 32
      backupDays: ${production ? 14 : 7}
      geoRedundantBackup: true
      databases: [${system}]`;
}
