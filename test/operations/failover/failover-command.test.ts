import { afterEach, describe, expect, it, vi } from "vitest";
import { hostProgram } from "../../../components/host-runtime/host-program";
import { NoHostSettings, runHostProgram } from "../../../operations/failover/failover-program";
import { failoverWords } from "../../../operations/failover/failover-words";

afterEach(() => vi.restoreAllMocks());

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
    let said = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      said += String(text);
      return true;
    });
    // The options were understood: what is missing is the settings file.
    expect(await hostProgram([...words, "--settings", "/nonexistent/host.json"])).toBe(2);
    expect(said).toMatch(/^error: \/nonexistent\/host\.json cannot be read/);
  });

  it("says how a machine without settings gets them", async () => {
    const attempt = runHostProgram(["failover", "--to", "forge"], "/nonexistent/host.json");
    await expect(attempt).rejects.toThrow(NoHostSettings);
    await expect(attempt).rejects.toThrow(/kits\/laptop.*bootstrap-secrets.*--settings/s);
  });
});
