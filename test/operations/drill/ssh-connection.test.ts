import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SshConnection } from "../../../operations/drill/real/ssh-connection";
import { waitFor } from "../../../operations/drill/wait";
import { executableOnPath, freePort, runProgram } from "../../../operations/programs/external-program";

const ssh = executableOnPath("ssh");
const sshd = executableOnPath("sshd", { PATH: `${process.env.PATH}:/usr/sbin` });
/** Where a server that root starts lets its children live. */
const isStartable = process.getuid?.() !== 0 || process.platform !== "linux" || existsSync("/run/sshd");

describe.skipIf(ssh === undefined || sshd === undefined || !isStartable)("SSH as it is (needs ssh and sshd)", () => {
  const path = process.env.PATH;
  let directory: string;
  let server: ChildProcess | undefined;
  const file = (name: string) => join(directory, name);
  const target = `${userInfo().username}@127.0.0.1`;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), "dc-"));
    for (const name of ["host", "client", "stranger"])
      await runProgram("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
    const port = await freePort();
    const settings = [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${file("host")}`,
      `AuthorizedKeysFile ${file("client.pub")}`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin yes",
      "PidFile none",
    ];
    writeFileSync(file("sshd_config"), `${settings.join("\n")}\n`);
    const [kind, key] = readFileSync(file("host.pub"), "utf8").split(" ");
    writeFileSync(file("known"), `[127.0.0.1]:${port} ${kind} ${key}\n`);
    writeFileSync(file("ssh"), `#!/bin/sh\nexec '${ssh}' -F '${file("config")}' "$@"\n`);
    chmodSync(file("ssh"), 0o755);
    configure({ port, key: "client", known: "known" });
    process.env.PATH = `${directory}:${path}`;
    server = spawn(sshd ?? "", ["-D", "-e", "-f", file("sshd_config")], { stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    server.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await waitFor(
      () => `sshd listens: ${said}`,
      5,
      async () => said.includes("Server listening"),
      { everySeconds: 0.02 },
    );
  });

  afterAll(() => {
    process.env.PATH = path;
    server?.kill();
    rmSync(directory, { recursive: true });
  });

  function configure({
    port,
    key,
    known,
  }: {
    readonly port?: number;
    readonly key: string;
    readonly known: string;
  }): void {
    const given = port ?? Number(/Port (\d+)/.exec(readFileSync(file("config"), "utf8"))?.[1]);
    const lines = [`Port ${given}`, `IdentityFile ${file(key)}`, "IdentitiesOnly yes", "IdentityAgent none"];
    writeFileSync(file("config"), `${[...lines, `UserKnownHostsFile ${file(known)}`].join("\n")}\n`);
  }

  it("runs scripts over one connection, with their input and exit codes, and ends it", async () => {
    const connection = new SshConnection(target);
    const first = await connection.firstShell("echo $SSH_CONNECTION");
    const second = await connection.shell("echo $SSH_CONNECTION; cat; echo 'it''s \"quoted\"' >&2; exit 7", {
      input: "given",
    });
    expect(second).toEqual({ exitCode: 7, stdout: `${first.stdout}given`, stderr: 'its "quoted"\n' });
    await connection.close();
    const sessions = async () =>
      (await runProgram("ps", ["-A", "-o", "ppid="])).stdout.match(/\d+/g)?.map(Number) ?? [];
    await waitFor("no session is left", 5, async () => !(await sessions()).includes(server?.pid ?? 0));
  });

  it("says how to get in where the key is refused, or the host's is not the known one", async () => {
    configure({ key: "stranger", known: "known" });
    const refused = new SshConnection(target);
    await expect(refused.firstShell("true")).rejects.toMatchObject({
      reason: "authentication",
      message: expect.stringMatching(/Permission denied[\s\S]*DRILL_SSH_USER/),
    });
    await refused.close();
    configure({ key: "client", known: "nothing-known" });
    const unknown = new SshConnection(target);
    await expect(unknown.firstShell("true")).rejects.toMatchObject({
      reason: "authentication",
      message: expect.stringContaining("Log in there once"),
    });
    await unknown.close();
  });
});
