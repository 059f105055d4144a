import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { NoHostSettings, runHostProgram } from "../../../operations/failover/failover-program";
import { failoverWords } from "../../../operations/failover/failover-words";
import { addFailoverCommands } from "../../../programs/host/failover/failover-commands";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";

describe("npm run failover", () => {
  it("hands every option on to the program of the hosts, which knows it", async () => {
    const words = failoverWords({
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
    expect(words).toHaveLength(1 + 4 * 2 + 8);
    expect(words).not.toContain("--back");
    const program = new Command().exitOverride();
    addFailoverCommands(program, "/etc/host.json", new AbortController().signal, () => undefined);
    const understood: object[] = [];
    program.commands
      .find((command) => command.name() === "failover")
      ?.action((options: object) => void understood.push(options));
    await program.parseAsync([...words, "--settings", "/tmp/host.json"], { from: "user" });
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
