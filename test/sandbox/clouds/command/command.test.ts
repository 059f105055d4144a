import { describe, expect, it } from "vitest";
import { Secret, unknown } from "../../../../deployment/values/property-value";
import { commandProvider } from "../../../../sandbox/clouds/command";
import { CloudSession, seededWorld, seededWorldWith } from "../cloud-session";

const remote = "command:remote:Command";
const local = "command:local:Command";
const session = new CloudSession(commandProvider(seededWorld()));
const connection = { host: "100.103.49.98", user: "operator" };

describe("commands", () => {
  it("are not run, and always print the same for the same command", async () => {
    const first = await session.create(local, "hello", { create: "touch made-by-command && echo hello" });
    const second = await session.create(local, "hello", { create: "touch made-by-command && echo hello" });
    expect(first.outputs.stdout).toMatch(/^not run in the sandbox: command [0-9a-f]{12}$/);
    expect(second.outputs.stdout).toBe(first.outputs.stdout);
  });

  it("do not print the command, which may hold a secret", async () => {
    const made = await session.create(local, "secret", { create: new Secret("login --password hunter2") });
    expect(JSON.stringify(made.outputs.stdout)).not.toContain("hunter2");
  });

  it("print something unknown in a preview", async () => {
    expect((await session.preview(local, "hello", { create: "echo" })).stdout).toBe(unknown);
  });

  it("are replaced when their triggers change", async () => {
    const made = await session.create(local, "hello", { create: "echo", triggers: ["1"] });
    const changed = await session.diff(made, { create: "echo", triggers: ["2"] });
    expect(changed.replaces).toEqual(["triggers[0]"]);
  });

  it("run again when the connection changes", async () => {
    const made = await session.create(remote, "install", { connection, create: "install" });
    const inputs = { connection: { ...connection, user: "other" }, create: "install", update: "upgrade" };
    expect(await session.diff(made, inputs)).toMatchObject({ changes: "some", replaces: [] });
    const updated = await session.update(made, inputs);
    expect(updated.outputs.stdout).not.toBe(made.outputs.stdout);
  });
});

describe("a remote command", () => {
  it("keeps its connection secret", async () => {
    const made = await session.create(remote, "install", { connection, create: "install" });
    expect(made.outputs.connection).toBeInstanceOf(Secret);
  });

  it("fails on a host that is not there, after the attempts it was told to make", async () => {
    const nowhere = { host: "192.0.2.1", dialErrorLimit: 3 };
    await expect(session.create(remote, "install", { connection: nowhere, create: "install" })).rejects.toThrow(
      "after 3 failed attempts of up to 15 seconds each: dial tcp 192.0.2.1:22: i/o timeout",
    );
    await expect(session.create(remote, "install", { connection: { host: "192.0.2.1" }, create: "x" })).rejects.toThrow(
      "after 10 failed attempts",
    );
  });

  it("fails on a host that the world makes unreachable, for updates and deletes too", async () => {
    const down = new CloudSession(
      commandProvider(seededWorldWith("command:index/host:Host", "anvil", { reachable: false })),
    );
    const made = await session.create(remote, "install", { connection, create: "install", delete: "remove" });
    await expect(down.create(remote, "install", { connection, create: "install" })).rejects.toThrow("dial_error");
    await expect(down.update(made, { connection, create: "install again" })).rejects.toThrow("dial_error");
    await expect(down.delete(made)).rejects.toThrow("dial_error");
  });

  it("goes through a proxy that must be there as well", async () => {
    const proxied = { ...connection, proxy: { host: "192.0.2.9", dialErrorLimit: 1 } };
    await expect(session.create(remote, "install", { connection: proxied, create: "install" })).rejects.toThrow(
      "proxy: after 1 failed attempts",
    );
  });

  it("needs a host and a port that can be", async () => {
    expect(await session.failures(remote, { connection: { port: 70_000 } })).toEqual([
      expect.stringContaining("connection.host"),
      expect.stringContaining("expected a port from 1 to 65535"),
    ]);
  });
});
