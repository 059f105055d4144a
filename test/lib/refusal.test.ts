import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { loadInventory } from "../../lib/located-yaml/load-inventory";
import { isRefusal, refusal, refuse } from "../../lib/refusal";

function loadServers() {
  const directory = mkdtempSync(join(tmpdir(), "places-"));
  writeFileSync(join(directory, "servers.yaml"), "servers:\n  - name: one\n    size: b1ms\n    days: 7\n");
  const server = z.strictObject({
    name: z.string(),
    size: z.string(),
    days: z.int(),
    ports: z.array(z.int()).default([]),
  });
  const files = { servers: { name: "servers.yaml", schema: z.strictObject({ servers: z.array(server) }) } };
  const [entry] = loadInventory({ files, rules: [], directory, root: directory }).servers.servers;
  if (entry === undefined) throw new Error("expected a server");
  return entry;
}

describe("a refusal", () => {
  it("says who refuses and all that is wrong, a problem a line", () => {
    const error = refusal('PostgresServer "postgres"', ["one", { path: ["databases", 1], message: "two" }]);
    expect(error.message).toBe('PostgresServer "postgres": one\nPostgresServer "postgres": databases[1]: two');
    expect(isRefusal(error.message)).toBe(true);
  });

  it("is none when nothing is wrong", () => {
    expect(() => refuse('PostgresServer "postgres"', [])).not.toThrow();
  });

  it("names the line of the inventory that a value came from, also in a copy", () => {
    const entry = loadServers();
    const problems = ["it is odd", { path: ["size"], message: "not offered" }];
    const expected = 'servers.yaml:2:5 Server "s": it is odd\nservers.yaml:3:11 Server "s": size: not offered';
    expect(refusal('Server "s"', problems, entry).message).toBe(expected);
    expect(refusal('Server "s"', problems, { ...entry, context: {} }).message).toBe(expected);
    expect(refusal('Server "s"', problems, { size: entry.size, ports: entry.ports }).message).toBe(expected);
    expect(refusal('Server "s"', ["it is odd"], { context: {}, server: entry }).message).toBe(
      'servers.yaml:2:5 Server "s": it is odd',
    );
    expect(isRefusal(expected)).toBe(true);
  });

  it("leaves loaded entries as plain as they were for whoever prints or sends them", () => {
    const entry = loadServers();
    expect(JSON.stringify(entry)).toBe('{"name":"one","size":"b1ms","days":7,"ports":[]}');
    expect(Object.keys(entry)).toEqual(["name", "size", "days", "ports"]);
  });

  it("is told from what a program throws by mistake", () => {
    expect(isRefusal("Running program 'x' failed with an unhandled exception:\nTypeError: a \"b\": c")).toBe(false);
    expect(isRefusal("Missing required configuration variable 'landscape:environment'")).toBe(false);
    expect(isRefusal('something "b" happened: c')).toBe(false);
  });
});
