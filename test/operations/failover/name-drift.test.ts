import { describe, expect, it } from "vitest";
import { OperationLog } from "../../../deployment/display/operation-log";
import type { DriftDifference } from "../../../operations/drift/drift-finding";
import { compareWithLease, type PrimaryAddress } from "../../../operations/drift/failover-names";
import { primaryAddress } from "../../../operations/failover/primary-address";
import { firstLease, nextTerm } from "../../../programs/host/lease/lease";

const type = "cloudflare:index/dnsRecord:DnsRecord";
const urn = `urn:pulumi:hosts::landscape::landscape:failover-name:FailoverName$${type}::primary`;
const other = `urn:pulumi:hosts::landscape::${type}::www`;
const anvil = "100.103.49.98";
const forge = "100.104.164.86";

/** What a refresh read, as the engine tells it: the program ignores the content, so it finds nothing to change. */
function refreshed(...records: readonly (readonly [urn: string, content: string | undefined])[]): OperationLog {
  const log = new OperationLog();
  records.forEach(([of, content], sequence) => {
    const state = (outputs: object) => ({
      urn: of,
      type,
      custom: true,
      id: "r1",
      parent: "",
      provider: "",
      inputs: {},
      outputs,
    });
    const metadata =
      content === undefined
        ? { op: "delete" as const, urn: of, type, old: state({ content: anvil }), provider: "" }
        : { op: "same" as const, urn: of, type, old: state({ content: anvil }), new: state({ content }), provider: "" };
    log.record({ sequence, timestamp: 0, resOutputsEvent: { metadata, planning: true } });
  });
  return log;
}
/** What a refresh found, as the display writes it. */
const changed = (after: string, of = urn, ...more: string[]): DriftDifference => ({
  kind: "changed",
  urn: of,
  type,
  name: "primary",
  id: "r1",
  properties: [
    { path: "content", before: `"${anvil}"`, after: `"${after}"` },
    ...more.map((path) => ({ path, before: "60", after: "300" })),
  ],
});
const at = (address: string): PrimaryAddress => ({ kind: "known", primary: "?", address, term: 2 });
const kinds = (found: readonly DriftDifference[]) =>
  found.map(({ kind, properties }) => `${kind} ${properties.map(({ path, after }) => `${path}=${after}`)}`);

describe("drift of the failover name", () => {
  it("is none after a failover: the record points at the lease's primary, not at what was deployed", () => {
    expect(compareWithLease([changed(forge)], refreshed([urn, forge]), at(forge))).toEqual([]);
  });

  it("is there when the record was not switched, although cloud and state agree", () => {
    expect(kinds(compareWithLease([], refreshed([urn, anvil]), at(forge)))).toEqual([`misdirected content=${anvil}`]);
  });

  it("is there when somebody else pointed it elsewhere", () => {
    expect(kinds(compareWithLease([], refreshed([urn, "100.64.9.9"]), at(anvil)))).toEqual([
      "misdirected content=100.64.9.9",
    ]);
  });

  it("keeps what else changed, and other records as they were found", () => {
    const found = compareWithLease(
      [changed(forge, urn, "ttl"), changed(forge, other)],
      refreshed([urn, forge], [other, forge]),
      at(forge),
    );
    expect(kinds(found)).toEqual(["changed ttl=300", `changed content="${forge}"`]);
  });

  it("says nothing about a record that is gone beyond that, or about one whose lease cannot be read", () => {
    const gone: DriftDifference = { ...changed(forge), kind: "deleted", properties: [] };
    expect(compareWithLease([gone], refreshed([urn, undefined]), at(forge))).toEqual([gone]);
    expect(compareWithLease([changed(forge)], refreshed([urn, forge]), { kind: "unknown", why: "403" })).toEqual([
      changed(forge),
    ]);
  });

  it("takes the address of the lease's primary from the inventory, and the intended primary's before the first lease", () => {
    const lease = nextTerm(
      firstLease("anvil", "2026-11-21T11:00:00.000Z"),
      "forge",
      "test",
      "2026-11-21T12:00:00.000Z",
    );
    const role = { ordersFailovers: true } as const;
    const hosts = {
      hosts: [
        { name: "forge", role: "standby", address: forge, ...role },
        { name: "anvil", role: "primary", address: anvil, ...role },
      ],
    } as const;
    const devices = [
      primaryAddress(hosts, { kind: "found", lease, etag: "1" }),
      primaryAddress(hosts, { kind: "missing" }),
    ];
    expect(devices).toMatchObject([
      { kind: "known", primary: "forge", address: forge, term: 2 },
      { kind: "known", primary: "anvil", address: anvil, term: 0 },
    ]);
    expect(primaryAddress({ hosts: [] }, { kind: "found", lease, etag: "1" })).toMatchObject({
      kind: "unknown",
      why: expect.stringContaining("the lease names forge"),
    });
    expect(primaryAddress(hosts, { kind: "unreachable", reason: "403" })).toMatchObject({
      kind: "unknown",
      why: expect.stringMatching(/403/),
    });
  });
});
