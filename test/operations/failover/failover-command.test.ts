import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { commandLineProgram } from "../../../cli/program";
import { failoverArguments, NoHostSettings, runHostProgram } from "../../../operations/failover/failover-program";
import { addFailoverCommands } from "../../../programs/host/failover/failover-commands";
import { failoverOptionRows } from "../../../programs/host/failover/failover-options";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";

describe("npm run failover", () => {
  it("hands every option on to the program of the hosts, which knows it", async () => {
    const args = failoverArguments({
      to: "forge",
      planned: true,
      back: false,
      dryRun: true,
      yes: true,
      json: true,
      reason: "anvil's disk; $(id)",
      timeout: "30",
      acceptLag: "90",
      acceptIncomplete: true,
      acceptUnhealthy: true,
      primaryIsLost: true,
      withoutName: true,
    });
    expect(args).toHaveLength(1 + 4 * 2 + 8);
    expect(args).not.toContain("--back");
    const program = new Command().exitOverride();
    addFailoverCommands(program, "/etc/host.json", new AbortController().signal, () => undefined);
    const understood: object[] = [];
    program.commands
      .find((command) => command.name() === "failover")
      ?.action((options: object) => void understood.push(options));
    await program.parseAsync([...args, "--settings", "/tmp/host.json"], { from: "user" });
    expect(understood).toEqual([
      {
        to: "forge",
        planned: true,
        back: false,
        dryRun: true,
        yes: true,
        json: true,
        reason: "anvil's disk; $(id)",
        timeout: 30,
        acceptLag: 90,
        acceptIncomplete: true,
        acceptUnhealthy: true,
        primaryIsLost: true,
        withoutName: true,
        settings: "/tmp/host.json",
      },
    ]);
  });

  it("offers the options of the program of the hosts, and says its defaults", () => {
    const help = commandLineProgram(["failover"], async () => undefined)
      .commands.find((command) => command.name() === "failover")
      ?.helpInformation()
      .replace(/\s+/g, " ");
    for (const { flags, default: value } of failoverOptionRows) {
      expect(help).toContain(`${flags} `);
      if (value !== undefined) expect(help).toContain(`(default: ${value})`);
    }
  });

  it("is documented with every risk that can be accepted", () => {
    const text = readFileSync(join(__dirname, "../../../docs/failover.md"), "utf8");
    const flags = failoverOptionRows.flatMap((row) =>
      row.accepts === undefined ? [] : [row.flags.split(" ")[0] ?? ""],
    );
    expect(flags.length).toBeGreaterThan(3);
    for (const flag of flags) expect(text).toContain(`\`${flag}`);
  });

  it("says how a machine without settings gets them", async () => {
    const attempt = runHostProgram(["failover", "--to", "forge"], "/nonexistent/host.json");
    await expect(attempt).rejects.toThrow(NoHostSettings);
    await expect(attempt).rejects.toThrow(/kits\/laptop.*bootstrap-secrets.*--settings/s);
    // From each host that the inventory has, into a directory that may be there.
    const hosts = loadAlaiInventory().hosts.hosts.filter(({ role }) => role !== "client");
    for (const { name } of hosts)
      await expect(attempt).rejects.toThrow(`scp -r ${name}:system/kits/laptop/. ~/system/ &&`);
  });
});
