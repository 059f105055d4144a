import { describe, expect, it } from "vitest";
import { replicasOf } from "../../components/container-apps/scale-schema";
import { rotationDaysOf, secretSchema } from "../../components/key-vault/schema";
import { afterEdit } from "./inventory-edit";

describe("hosts and databases", () => {
  it("hosts are devices of the tailnet", () => {
    expect(afterEdit("hosts.yaml", "name: forge", "name: forg")).toEqual([
      'hosts.yaml hosts[1].name: no device "forg" in tailnet.yaml; did you mean "forge"?',
      'hosts.yaml hosts[1].name: no secret "host-forg-client-secret" in secrets.yaml for prod; did you mean "host-forge-client-secret"?',
      'hosts.yaml software.predecessors[1].host: no host "forge" that replicates; did you mean "forg"?',
      'hosts.yaml software.inference.whenDown: nothing says where the tiers of "forg" go',
      'hosts.yaml software.inference.whenDown.forge: no host "forge"; did you mean "forg"?',
    ]);
  });

  it("hosts are not there twice", () => {
    expect(afterEdit("hosts.yaml", "name: phone", "name: laptop")).toEqual([
      'hosts.yaml hosts[3].name: two hosts have "laptop"; the other is hosts[2].name',
    ]);
  });

  it("one host is primary and one standby", () => {
    expect(afterEdit("hosts.yaml", "role: standby", "role: client")).toEqual([
      "hosts.yaml hosts: expected one host with the role standby, got 0",
      'hosts.yaml software.predecessors[1].host: no host "forge" that replicates',
    ]);
  });

  it("tailnet addresses are unique and in the tailnet's range", () => {
    expect(afterEdit("tailnet.yaml", "address: 100.64.0.12", "address: 100.64.0.11")).toEqual([
      'tailnet.yaml tailnet.devices[3].address: two devices have "100.64.0.11"; the other is tailnet.devices[2].address',
    ]);
    expect(afterEdit("tailnet.yaml", "address: 100.64.0.12", "address: 10.0.0.9")).toEqual([
      'tailnet.yaml tailnet.devices[3].address: expected a tailnet address, from 100.64.0.0 to 100.127.255.255, got "10.0.0.9"',
    ]);
  });

  it("the lease has a container that it can be changed and kept in", () => {
    const lease = (container: string) => afterEdit("hosts.yaml", "container: failover", `container: ${container}`);
    const at = "hosts.yaml software.lease.container:";
    expect(lease("failovr")).toEqual([
      `${at} no container "failovr" in the prod store of backup.yaml; did you mean "failover"?`,
    ]);
    expect(lease("system-db-backups")).toEqual([expect.stringContaining("Litestream writes to")]);
    expect(lease("bitwarden-exports")).toEqual([expect.stringContaining("cannot be changed")]);
    expect(lease("dns-exports")).toEqual([expect.stringContaining("are deleted with time")]);
  });

  it("what ran before is on the host that does now what it did, under a label that is not ours", () => {
    const at = "hosts.yaml software.predecessors[0]";
    const edited = (from: string, to: string) => afterEdit("hosts.yaml", from, to);
    expect(edited("host: anvil, does", "host: laptop, does")).toEqual([`${at}.host: no host "laptop" that replicates`]);
    expect(edited("com.alai.litestream,", "no.alai.litestream,")).toEqual([
      `${at}.label: "no.alai.litestream" begins like the labels of our own agents`,
    ]);
    expect(edited("host: anvil, does: replicate", "host: anvil, does: follow")).toEqual([
      `${at}.does: the standby is another host than "anvil"`,
    ]);
  });

  it("inference goes elsewhere from both hosts, and from no other", () => {
    expect(afterEdit("hosts.yaml", "      forge:", "      forg:")).toEqual([
      'hosts.yaml software.inference.whenDown: nothing says where the tiers of "forge" go',
      'hosts.yaml software.inference.whenDown.forg: no host "forg"; did you mean "forge"?',
    ]);
  });

  it("dumps have a place, and a database to be restored into that nobody uses", () => {
    const dumps = (entry: string) => {
      const databases = "      databases: [mission_control, hivemind]\n";
      return afterEdit("environments.yaml", databases, `${databases}    dumps: ${entry}\n`);
    };
    const at = "environments.yaml environments.prod.dumps";
    expect(dumps("{ to: dumps, restoreInto: hivemind }")).toEqual([
      `${at}.to: no bucket or container of objects "dumps" in prod`,
      `${at}.restoreInto: services use "hivemind", and a test deletes what is in it; name a database of its own`,
    ]);
    expect(dumps("{ to: dumps, key: dumps-key, restoreInto: scratch }")).toContain(
      `${at}.key: no secret "dumps-key" in secrets.yaml for prod`,
    );
    const buckets = "buckets: { buckets: [{ name: dumps, onlyCopy: what is in the databases, too }] }";
    expect(dumps(`{ to: dumps, restoreInto: scratch }\n    ${buckets}`)).toContain(
      `${at}.to: "dumps" is a bucket, whose token is in the state; give a key, so that nobody reads the dumps with it`,
    );
    expect(dumps("{ to: dumps, restoreInto: scratch }")).toContain(
      `${at}.restoreInto: no database "scratch" in prod; add it to postgres.databases`,
    );
  });

  it("no two databases have one name, which is their place in the store", () => {
    expect(afterEdit("databases.yaml", "name: costs", "name: tasks")).toEqual([
      'databases.yaml databases[3].name: two databases have "tasks"; the other is databases[2].name',
    ]);
  });

  it("replicas go to a container that Litestream may compact", () => {
    expect(afterEdit("databases.yaml", "container: system-db-backups", "container: system-db-backup")).toEqual([
      'databases.yaml container: no container "system-db-backup" in backup.yaml; did you mean "system-db-backups"?',
    ]);
    expect(afterEdit("databases.yaml", "container: system-db-backups", "container: dns-exports")).toEqual([
      'databases.yaml container: "dns-exports" holds copies in backup.yaml; Litestream needs one that holds litestream',
    ]);
  });
});
describe("backups", () => {
  it("a limit of its own is for a database that exists", () => {
    expect(afterEdit("backup.yaml", "contracts: 90d", "contract: 90d")).toEqual([
      'backup.yaml restoreTest.quiet.contract: no database "contract" in databases.yaml; did you mean "contracts"?',
    ]);
  });

  it("copies are of what Litestream writes, and cannot be deleted", () => {
    const at = "backup.yaml stores.prod.containers[6].copiesOf:";
    expect(afterEdit("backup.yaml", "copiesOf: system-db-backups", "copiesOf: system-db-backup")).toEqual([
      `${at} no container "system-db-backup" that holds litestream here; did you mean "system-db-backups"?`,
    ]);
    expect(
      afterEdit("backup.yaml", "copiesOf: system-db-backups, immutableDays: 30", "copiesOf: system-db-backups"),
    ).toEqual([`${at} copies need immutableDays: whoever deletes the originals would delete them too`]);
  });
});
describe("environments", () => {
  it("name each database once, and none that belongs to the server", () => {
    const databases = "databases: [mission_control, hivemind";
    expect(afterEdit("environments.yaml", databases, `${databases}, hivemind`)).toEqual([
      'environments.yaml environments.prod.postgres.databases[2]: "hivemind" is given twice; keep one of them',
    ]);
    expect(afterEdit("environments.yaml", databases, `${databases}, postgres`)).toEqual([
      'environments.yaml environments.prod.postgres.databases[2]: "postgres" belongs to the server; choose another name',
    ]);
  });

  it("offer what Azure offers for a size", () => {
    expect(afterEdit("environments.yaml", "size: b2s", "size: b2s\n      highAvailability: zone")).toEqual([
      'environments.yaml environments.prod.postgres.highAvailability: is not offered for the Burstable size "b2s"; use d2 or larger, or leave it out',
    ]);
  });

  it("say a version in quotes", () => {
    expect(afterEdit("environments.yaml", 'version: "16"', "version: 16")).toEqual([
      'environments.yaml environments.prod.postgres.version: expected 14, 15, 16, 17 or 18, got the number 16; put it in quotes: "16"',
    ]);
  });
});
describe("replicas of an app", () => {
  const dev = { min: 0, max: 1 };
  const prod = { min: 1, max: 3 };
  const scaled = (scale: string) => afterEdit("services.yaml", "cpu: 0.25", `cpu: 0.25\n    scale: ${scale}`);

  it("that says a part of them are right in every environment", () => {
    expect(scaled("{ min: 2 }")).toEqual([]);
    expect(replicasOf({ scale: { min: 2 } }, dev)).toEqual({ min: 2, max: 2 });
    expect(replicasOf({ scale: { min: 2 } }, prod)).toEqual({ min: 2, max: 3 });
    expect(replicasOf({ scale: { max: 1 } }, { min: 2, max: 3 })).toEqual({ min: 1, max: 1 });
    expect(replicasOf({}, prod)).toEqual(prod);
  });

  it("that contradicts itself are refused", () => {
    expect(scaled("{ min: 4, max: 2 }")).toEqual(["services.yaml services[0].scale.min: min is above max, got 4"]);
  });

  it("has addresses that the public knows", () => {
    const ingress = "ingress: { exposure: addresses, port: 80, laptops: [203.0.113.300] }";
    expect(afterEdit("services.yaml", /ingress: .*/, ingress)).toEqual([
      'services.yaml services[0].ingress.laptops[0]: "203.0.113.300" is not an IPv4 address or CIDR block',
    ]);
  });
});

describe("what is retired", () => {
  const retired = "retired: { on: 2026-12-01, reason: nobody uses it any more }";
  const leaves = (name: string, file: string) =>
    `"${name}" is retired in ${file} and leaves on 2026-12-31; use another here, or take its retirement back`;

  it.each<[string, string, RegExp | string, string, string, string]>([
    [
      "a database of a service",
      "environments.yaml",
      "databases: [mission_control, hivemind]",
      `databases: [mission_control, { name: hivemind, ${retired} }]`,
      "services.yaml services[1].databases[0]",
      "hivemind",
    ],
    [
      "a secret of a service",
      "secrets.yaml",
      "{ name: model-api-key,",
      `{ name: model-api-key, ${retired},`,
      "services.yaml services[2].secrets.MODEL_API_KEY.secret",
      "model-api-key",
    ],
    [
      "a secret of the program",
      "secrets.yaml",
      "{ name: dns-read-token,",
      `{ name: dns-read-token, ${retired},`,
      "secrets.yaml secrets[4]",
      "dns-read-token",
    ],
    [
      "a zone of a site",
      "zones.yaml",
      "- domain: bilko.io\n",
      `- domain: bilko.io\n    ${retired}\n`,
      "sites.yaml sites[2].zone",
      "bilko.io",
    ],
    [
      "a repository of a site",
      "repositories.yaml",
      "{ name: alai-bilko-web,",
      `{ name: alai-bilko-web, ${retired},`,
      "sites.yaml sites[2].repository",
      "alai-bilko-web",
    ],
    [
      "the container of the replicas",
      "backup.yaml",
      "{ name: system-db-backups, exists: true,",
      `{ name: system-db-backups, exists: true, ${retired},`,
      "databases.yaml container",
      "system-db-backups",
    ],
    [
      "the container of a job",
      "backup.yaml",
      "{ name: dns-exports,",
      `{ name: dns-exports, ${retired},`,
      "backup.yaml stores.prod.containers[3]",
      "dns-exports",
    ],
  ])("is not %s that is used", (_what, file, from, to, place, name) => {
    expect(afterEdit(file, from, to)).toContain(`${place}: ${leaves(name, file)}`);
  });

  it("says a day, and why", () => {
    expect(
      afterEdit(
        "zones.yaml",
        "- domain: snowit.ba\n",
        "- domain: snowit.ba\n    retired: { on: tomorrow, reason: gone }\n",
      ),
    ).toHaveLength(2);
  });
});
describe("services and networks", () => {
  it("a service's database exists in every environment", () => {
    expect(afterEdit("services.yaml", "databases: [hivemind]", "databases: [hivemin]")).toEqual([
      'services.yaml services[1].databases[0]: no database "hivemin" in environments.yaml for prod, dev and preview; did you mean "hivemind"?',
    ]);
  });

  const caches = "caches: [{ name: sessions, size: b0, eviction: allkeys-lru }]";

  it("a service's cache exists in every environment", () => {
    const uses = (name: string) => afterEdit("services.yaml", "databases: [hivemind]", `caches: [${name}]`);
    expect(uses("sessions")).toEqual([
      'services.yaml services[1].caches[0]: no cache "sessions" in environments.yaml for prod, dev and preview',
    ]);
  });

  it("a service's queue exists in every environment, and an app receives from what it grows with", () => {
    expect(afterEdit("services.yaml", "databases: [hivemind]", "sends: [jobs]")).toEqual([
      'services.yaml services[1].sends[0]: no queue "jobs" in environments.yaml for prod, dev and preview',
    ]);
    const grows = "scale: { queue: { name: jobs, messages: 20 } }";
    expect(afterEdit("services.yaml", "databases: [hivemind]", grows)).toEqual([
      'services.yaml services[1].scale.queue.name: the app does not receive from "jobs"; add it to receives, or scale by another queue',
    ]);
  });

  it("a service's container of objects exists in every environment", () => {
    expect(afterEdit("services.yaml", "databases: [hivemind]", "objects: { exports: write }")).toEqual([
      'services.yaml services[1].objects.exports: no container "exports" in environments.yaml for prod, dev and preview',
    ]);
  });

  it("caches are not there twice", () => {
    const twice = caches.replace("]", ", { name: sessions, size: b1, eviction: noeviction }]");
    expect(afterEdit("environments.yaml", "registry: Basic", `registry: Basic\n    ${twice}`)).toContain(
      'environments.yaml environments.prod.caches[1].name: two caches have "sessions"; the other is environments.prod.caches[0].name',
    );
  });

  it("a cache says what goes when it is full", () => {
    const [problem] = afterEdit(
      "environments.yaml",
      "registry: Basic",
      "registry: Basic\n    caches: [{ name: a, size: b0 }]",
    );
    expect(problem).toContain("environments.prod.caches[0].eviction");
  });

  it("services are not there twice", () => {
    expect(afterEdit("services.yaml", "name: auth-api", "name: mc-api")).toEqual([
      'services.yaml services[4].name: two services have "mc-api"; the other is services[0].name',
    ]);
  });

  it("containers are not there twice", () => {
    expect(afterEdit("backup.yaml", "name: dns-exports", "name: heartbeat")).toEqual([
      'backup.yaml stores.prod.containers[4].name: "heartbeat" is given twice; keep one of them',
    ]);
  });

  it("blocks are CIDR blocks", () => {
    expect(afterEdit("network.yaml", "addressSpace: 10.30.0.0/16", "addressSpace: 10.30.0.1/16")[0]).toMatch(
      /^network\.yaml networks\.dev\.addressSpace: expected an IPv4 block such as "10\.20\.0\.0\/16".*, got "10\.30\.0\.1\/16"$/,
    );
  });

  it("subnets lie in their network", () => {
    expect(afterEdit("network.yaml", "postgres: 10.30.2.0/28", "postgres: 10.31.2.0/28")).toEqual([
      'network.yaml networks.dev.subnets.postgres: "10.31.2.0/28" is not inside addressSpace "10.30.0.0/16"',
    ]);
  });

  it("networks do not overlap", () => {
    const problems = afterEdit("network.yaml", /10\.30\./g, "10.20.");
    expect(problems).toEqual(["network.yaml networks.dev.addressSpace: 10.20.0.0/16 overlaps 10.20.0.0/16 of prod"]);
  });

  it("the tailnet routes to our networks only", () => {
    expect(afterEdit("tailnet.yaml", /10\.20\.3\.0\/26: \[/, "10.99.3.0/26: [")).toEqual([
      'tailnet.yaml tailnet.routes["10.99.3.0/26"]: 10.99.3.0/26 is in no network of network.yaml (10.20.0.0/16, 10.30.0.0/16, 10.40.0.0/16, 168.63.129.16/32)',
    ]);
  });
});
describe("secrets", () => {
  const token = "secret: git-read-token";

  it("that a service asks for are declared, in every environment with a vault", () => {
    expect(afterEdit("services.yaml", token, "secret: git-raed-token")).toEqual([
      'services.yaml services[3].secrets.GIT_TOKEN.secret: no secret "git-raed-token" in secrets.yaml for prod and dev; did you mean "git-read-token"?',
    ]);
    expect(afterEdit("secrets.yaml", /(model-api-key.*)\[prod, dev\]/, "$1[prod]")).toEqual([
      'services.yaml services[2].secrets.MODEL_API_KEY.secret: no secret "model-api-key" in secrets.yaml for dev',
    ]);
  });

  it("that production's programs and hosts read are declared", () => {
    expect(afterEdit("secrets.yaml", "name: dns-read-token", "name: dns-other-token")).toEqual([
      'secrets.yaml secrets: no secret "dns-read-token" in secrets.yaml for prod',
    ]);
    expect(afterEdit("secrets.yaml", "host-laptop-client-secret", "host-desktop-client-secret")).toEqual([
      'hosts.yaml hosts[2].name: no secret "host-laptop-client-secret" in secrets.yaml for prod',
    ]);
  });

  it("are declared once, for environments that exist", () => {
    expect(afterEdit("secrets.yaml", "name: model-api-key", "name: git-read-token")).toContain(
      'secrets.yaml secrets[2].name: two secrets have "git-read-token"; the other is secrets[1].name',
    );
    expect(afterEdit("secrets.yaml", "environments: [prod, dev]", "environments: [prod, dve, dev]")).toEqual([
      'secrets.yaml secrets[0].environments[1]: no environment "dve" in environments.yaml; did you mean "dev"?',
    ]);
  });

  it("are rotated every 90 days, the long-lived every 365", () => {
    const secret = { name: "a", owner: "platform", environments: ["prod"] };
    expect(rotationDaysOf(secretSchema.parse(secret))).toBe(90);
    expect(rotationDaysOf(secretSchema.parse({ ...secret, longLived: true }))).toBe(365);
    expect(rotationDaysOf(secretSchema.parse({ ...secret, longLived: true, rotationDays: 180 }))).toBe(180);
  });
});
