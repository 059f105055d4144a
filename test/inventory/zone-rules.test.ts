import { describe, expect, it } from "vitest";
import { afterEdit } from "./inventory-edit";

const site = (domain: string, zone: string) =>
  `sites:\n  - { domain: ${domain}, state: elsewhere, zone: ${zone}, target: { type: A, address: 192.0.2.1 } }\n`;
describe("sites", () => {
  it("are not there twice", () => {
    expect(afterEdit("sites.yaml", "sites:\n", site("docs.alai.no", "alai.no"))).toContain(
      'sites.yaml sites[13].domain: two sites have "docs.alai.no"; the other is sites[0].domain',
    );
  });

  it("do not share a repository", () => {
    expect(afterEdit("sites.yaml", "repository: alai-getdrop-web", "repository: alai-home-web")).toEqual([
      'sites.yaml sites[3].repository: two sites have "alai-home-web"; the other is sites[0].repository',
    ]);
  });

  it("name a zone of the inventory", () => {
    expect(afterEdit("sites.yaml", "zone: bilko.io", "zone: bilko.i0")).toEqual([
      'sites.yaml sites[2].zone: expected a host name in lower case, for example www.alai.no, got "bilko.i0"',
    ]);
    expect(afterEdit("sites.yaml", "zone: bilko.io", "zone: bilko.com")).toEqual([
      'sites.yaml sites[2].zone: no zone "bilko.com" in zones.yaml; did you mean "bilko.io"?',
    ]);
    expect(afterEdit("sites.yaml", "zone: bilko.io", "zone: bilko.ios")).toEqual([
      'sites.yaml sites[2].zone: no zone "bilko.ios" in zones.yaml; did you mean "bilko.io"?',
    ]);
  });

  it("lie in the zone they name", () => {
    expect(afterEdit("sites.yaml", "zone: bilko.io", "zone: alai.no")).toEqual([
      'sites.yaml sites[2].domain: "bilko.io" is not in the zone alai.no',
    ]);
  });
});
describe("zones", () => {
  it("are not there twice", () => {
    expect(afterEdit("zones.yaml", "domain: snowit.ba", "domain: alai.no")).toContain(
      'zones.yaml zones[7].domain: two zones have "alai.no"; the other is zones[0].domain',
    );
    expect(afterEdit("zones.yaml", /0008$/m, "0001")).toEqual([
      'zones.yaml zones[7].adopt: two zones have "c0de0000000000000000000000000001"; the other is zones[0].adopt',
    ]);
  });

  it("have exceptions for their own names only", () => {
    expect(afterEdit("zones.yaml", "ollama.basicconsulting.no", "ollama.alai.no")).toEqual([
      'zones.yaml zones[1].browserIntegrityCheckOff[0]: "ollama.alai.no" is not in the zone basicconsulting.no',
    ]);
  });

  it("keep for listed addresses names of their own only: a name elsewhere would leave what is meant open", () => {
    const zone = "adopt: c0de0000000000000000000000000008";
    const edge = "{ restricted: [{ name: admin, hosts: [admin.snowit.be], addresses: [203.0.113.10] }] }";
    expect(afterEdit("zones.yaml", zone, `${zone}\n    edge: ${edge}`)).toEqual([
      'zones.yaml zones[7].edge.restricted[0].hosts[0]: "admin.snowit.be" is not in the zone snowit.ba',
    ]);
  });

  const withRecord = (record: string) => (text: string) => `${text}\n    records: [${record}]`;

  it("have no record that a site claims", () => {
    const record = withRecord("{ type: A, name: docs, content: 4.223.110.181 }")(
      "adopt: c0de0000000000000000000000000001",
    );
    expect(afterEdit("zones.yaml", "adopt: c0de0000000000000000000000000001", record)).toEqual([
      "sites.yaml sites[12].domain: docs.alai.no already has a record (A) from zones.yaml",
    ]);
  });

  it("have addresses in A and AAAA records", () => {
    const adopt = "adopt: c0de0000000000000000000000000001";
    const records = "{ type: A, name: x, content: 192.0.2.300 }, { type: AAAA, name: x, content: 192.0.2.1 }";
    expect(afterEdit("zones.yaml", adopt, withRecord(records)(adopt))).toEqual([
      'zones.yaml zones[0].records[0].content: expected the IPv4 address that an A record leads to, got "192.0.2.300"',
      'zones.yaml zones[0].records[1].content: expected the IPv6 address that an AAAA record leads to, got "192.0.2.1"',
    ]);
  });

  it("may have several addresses for one name", () => {
    const two = "{ id: one, type: A, name: x, content: 192.0.2.1 }, { id: two, type: A, name: x, content: 192.0.2.2 }";
    const record = withRecord(two)("adopt: c0de0000000000000000000000000001");
    expect(afterEdit("zones.yaml", "adopt: c0de0000000000000000000000000001", record)).toEqual([]);
  });

  const adopt = "adopt: c0de0000000000000000000000000001";
  const balanced = (hostname: string) => `${adopt}
    loadBalancers:
      - name: docs
        hostname: ${hostname}
        monitor: { path: / }
        pools: [{ name: prod, origins: [a.example.com] }, { name: dr, origins: [b.example.com] }]`;

  it("have no load balancer for a name that has a record, or lies elsewhere", () => {
    expect(afterEdit("zones.yaml", adopt, balanced("api.alai.no"))).toEqual([]);
    expect(afterEdit("zones.yaml", adopt, balanced("docs.alai.no"))).toEqual([
      "sites.yaml sites[12].domain: docs.alai.no already has a record (load balancer) from zones.yaml",
    ]);
    expect(afterEdit("zones.yaml", adopt, balanced("docs.bilko.io"))).toEqual([
      'zones.yaml zones[0].loadBalancers[0].hostname: "docs.bilko.io" is not in the zone alai.no',
    ]);
  });

  it("have load balancers that ask public apps, where they ask in a zone of ours", () => {
    const asking = balanced("api.alai.no").replace("a.example.com", "mc-prod.alai.no");
    expect(afterEdit("zones.yaml", adopt, asking)).toEqual([
      'zones.yaml zones[0].loadBalancers[0].pools[0].origins[0]: no public app has the name "mc-prod.alai.no" in any environment',
    ]);
  });

  it("ask of their edge what their plan has, at the line that asks", () => {
    const edge = "edge: { rateLimits: [{ name: all, requests: 300, per: 10s }], managedRules: [owasp] }";
    expect(afterEdit("zones.yaml", adopt, `${adopt}\n    ${edge}`)).toEqual([
      `zones.yaml zones[0].edge.managedRules[0]: owasp: the zone's plan is "free", and "pro" is the smallest that has it`,
    ]);
    expect(afterEdit("zones.yaml", adopt, `${adopt}\n    plan: pro\n    ${edge}`)).toEqual([]);
  });

  it("have no record for the failover name", () => {
    const record = withRecord("{ type: CNAME, name: primary.net, content: alai.no }")(
      "adopt: c0de0000000000000000000000000001",
    );
    expect(afterEdit("zones.yaml", "adopt: c0de0000000000000000000000000001", record)).toEqual([
      "tailnet.yaml failoverName.name: primary.net.alai.no already has a record (CNAME) from zones.yaml",
    ]);
  });
});
describe("names that are too long", () => {
  it.each([
    [
      "services.yaml",
      "name: mc-api",
      `name: ${"m".repeat(33)}`,
      "services[0].name: expected at most 32 characters, got 33",
    ],
    [
      "sites.yaml",
      "repository: alai-home-web",
      `repository: ${"r".repeat(101)}`,
      "repository: expected at most 100 characters, got 101",
    ],
    ["backup.yaml", "name: dns-exports", `name: ${"d".repeat(64)}`, "name: expected at most 63 characters, got 64"],
  ])("in %s say their length and the limit", (file, from, to, told) => {
    expect(afterEdit(file, from, to).join("\n")).toContain(told);
  });
});
