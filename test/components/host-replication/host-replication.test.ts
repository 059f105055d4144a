import { beforeEach, describe, expect, it } from "vitest";
import { HostReplication, type HostReplicationArgs } from "../../../components/host-replication/host-replication";
import { revealMap } from "../../../deployment/values/property-value";
import { remoteFileKind, remoteRunKind } from "../../../sandbox/clouds/command";
import { SandboxDeployment } from "../../sandbox/deploy/sandbox-deployment";
import { applyForeignChange } from "../../sandbox/world/foreign-change";
import { lasting, SeededSandbox } from "../seeded-sandbox";
import { bundle, record, samplePair } from "./sample-pair";

const defaults: HostReplicationArgs = {
  context: { ...lasting, lasting: false },
  pair: samplePair(),
  record,
  bundle,
  vaultUri: "https://vault.example/",
  ssh: { user: "operator", privateKey: "key-1" },
};

let sandbox: SeededSandbox;
let deployment: SandboxDeployment;
beforeEach(() => {
  sandbox = new SeededSandbox();
  deployment = new SandboxDeployment({ world: sandbox.world, continueOnError: true });
});

const program =
  (changes: Partial<HostReplicationArgs> = {}) =>
  () => ({ packages: new HostReplication("replication", { ...defaults, ...changes }).packages });

/** What a host has received, by path. */
function filesOn(host: string): Map<string, string> {
  const files = sandbox.world.objects().filter(({ kind }) => kind === remoteFileKind);
  return new Map(
    files
      .filter(({ properties }) => properties.host === host)
      .map(({ properties }) => [String(properties.path), String(properties.text)]),
  );
}

/** What has run on a host, in order. */
function commandsOn(host: string): string[] {
  return sandbox.world
    .objects()
    .filter(({ kind, properties }) => kind === remoteRunKind && properties.host === host)
    .map(({ properties }) => revealMap(properties))
    .sort((left, right) => Number(left.order) - Number(right.order))
    .map(({ command }) => String(command));
}

const forgeIs = (reachable: boolean) =>
  applyForeignChange(sandbox.world, {
    action: "set",
    kind: "command:index/host:Host",
    id: "forge",
    path: "reachable",
    value: reachable,
  });

describe("HostReplication", () => {
  it("installs nothing on a host whose key nobody has asked for, and says how to ask", async () => {
    const { primary, ...rest } = samplePair();
    const pair = { ...rest, primary: { ...primary, ssh: { ...primary.ssh, hostKey: undefined } } };
    await expect(deployment.up(program({ pair }))).rejects.toThrow(
      `HostReplication "replication": ${primary.name} has no sshHostKey in hosts.yaml, so nothing is installed there; fetch it once, on a network that you trust: ssh-keyscan -t ed25519 -p 22 ${primary.address}`,
    );
    expect([commandsOn(primary.name), commandsOn(rest.standby.name)]).toEqual([[], []]);
  });

  it("knows each host by its key, whatever answers at its address", async () => {
    await deployment.up(program());
    const connections = (await deployment.resources()).flatMap(({ type, inputs }) =>
      type.startsWith("command:remote:") ? [revealMap(inputs).connection] : [],
    );
    expect(connections.length).toBeGreaterThan(5);
    for (const connection of connections)
      expect(connection).toMatchObject({ hostKey: expect.stringMatching(/^ssh-ed25519 AAAA/) });
  });

  it("copies each host its package and installs it, once", async () => {
    const { outputs } = await deployment.up(program());
    const packages = outputs.packages as Record<string, string>;
    expect(Object.keys(packages)).toEqual(["anvil", "forge"]);
    for (const host of ["anvil", "forge"]) {
      const directory = `/Users/operator/system/incoming/${host}-${packages[host]}`;
      expect(commandsOn(host)).toEqual([
        "umask 077 && mkdir -p '/Users/operator/system/incoming'",
        `sh '${directory}/install.sh'`,
      ]);
      const paths = [...filesOn(host).keys()];
      expect(paths.every((path) => path.startsWith(`${directory}/`))).toBe(true);
      expect(paths.filter((path) => path.includes("/agents/"))).toHaveLength(10);
    }
    expect((await deployment.up(program())).changes).toEqual({ same: expect.any(Number) });
  });

  it("updates in place when the program changes, and never by replacement", async () => {
    await deployment.up(program());
    const { changes } = await deployment.up(program({ bundle: { text: "console.log(2)\n", sha256: "2".repeat(64) } }));
    expect(changes).toMatchObject({ update: 4 });
    expect(Object.keys(changes).sort()).toEqual(["same", "update"]);
    const programs = [...filesOn("anvil")].filter(([path]) => path.endsWith("host.mjs"));
    expect(programs.map(([, text]) => text)).toEqual(["console.log(2)\n"]);
  });

  it("copies nothing again when only the connection changes", async () => {
    await deployment.up(program());
    await sandbox.world.transact((world) => {
      for (const { id } of world.list(remoteFileKind)) world.delete(remoteFileKind, id);
    });
    await deployment.up(program({ ssh: { user: "operator", privateKey: "key-2" } }));
    expect(filesOn("anvil").size).toBe(0);
  });

  it("leaves the rest done when a host is away, and catches up", async () => {
    await forgeIs(false);
    const failed = await deployment.tryUp(program());
    expect(failed.result).toBe("failed");
    expect(failed.messages.join("\n")).toMatch(/after 2 failed attempts of up to 8 seconds each/);
    expect(commandsOn("anvil")).toHaveLength(2);
    expect([commandsOn("forge"), filesOn("forge").size]).toEqual([[], 0]);
    await forgeIs(true);
    expect((await deployment.up(program())).changes.create).toBe(3);
    expect(commandsOn("forge")).toHaveLength(2);
  });

  it("says nothing secret in state, and nothing of the key in what it copies", async () => {
    await deployment.up(program());
    expect(await deployment.stateText()).not.toContain("key-1");
    expect([...filesOn("anvil").values(), ...filesOn("forge").values()].join("\n")).not.toContain("key-1");
  });

  it("takes away the agents of what it installed, and nothing of what another installed", async () => {
    const { outputs } = await deployment.up(program());
    const packages = outputs.packages as Record<string, string>;
    await deployment.destroy();
    const script = "'/Users/operator/system/bin/uninstall'";
    expect(commandsOn("forge").at(-1)).toBe(`if [ -x ${script} ]; then ${script} ${packages.forge}; fi`);
  });

  it("takes everything else", async () => {
    await deployment.up(program({ transform: { command: { logging: "none" } } }));
    const commands = (await deployment.resources()).filter(({ type }) => type === "command:remote:Command");
    expect(commands.map(({ inputs }) => inputs.logging)).toEqual(Array(4).fill("none"));
  });
});
