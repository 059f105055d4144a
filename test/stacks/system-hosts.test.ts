import { describe, expect, it } from "vitest";
import { exitCodes } from "../../cli/exit-codes";
import { expectedObjectsOf, stackDefinition } from "../../stacks/registry";
import { allHosts, hostStack, hostsOf } from "../../stacks/system-hosts";
import { runHere } from "../cli/run-here";

describe("the hosts of a stack's system", () => {
  it("are those of its inventory, whichever of its stacks is asked for", () => {
    const { hosts, backups, promises } = hostsOf(stackDefinition("prod"));
    expect(hosts.filter(({ role }) => role !== "client").every(({ address }) => address !== undefined)).toBe(true);
    expect(backups.prod?.account).toBeDefined();
    expect(promises.length).toBeGreaterThan(0);
    expect(allHosts()).toEqual([hostsOf(stackDefinition("hosts"))]);
  });

  it("are refused where there are none, with the stacks that have some", () => {
    expect(() => hostsOf({ name: "shop", system: "shops" })).toThrow(
      /^stack "shop": there are no hosts in its system, "shops" .*; there are in that of .*prod.*hosts/,
    );
    expect(expectedObjectsOf({ system: "shops" })).toEqual(new Set());
  });
});

describe("the stack that installs on hosts", () => {
  it("is the only one unless one is named", () => {
    expect(hostStack()).toBe(hostStack("hosts"));
  });

  it("is no other", async () => {
    expect(() => hostStack("dev")).toThrow('stack "dev": expected a stack that installs on hosts: hosts');
    const { exitCode, output, errors } = await runHere(["drill", "--stack", "dev"]);
    expect(exitCode).toBe(exitCodes.badConfiguration);
    expect(output + errors).toContain(`stack "dev": expected a stack that installs on hosts`);
  });
});
