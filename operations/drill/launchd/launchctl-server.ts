import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { answerLaunchctl } from "./launchctl-requests";
import type { Launchd } from "./launchd";

const requestSchema = z.array(z.string());

/** Lets programs of a host call `launchctl`: a socket, and an executable that hands its command line to it. */
export class LaunchctlServer {
  private constructor(
    private readonly server: Server,
    private readonly connections: Set<Socket>,
  ) {}

  /** @param directory gets the executable `launchctl` and the socket; short, because a socket's path may have 104 bytes */
  static async open(launchd: Launchd, directory: string): Promise<LaunchctlServer> {
    mkdirSync(directory, { recursive: true });
    const socket = join(directory, "launchd.sock");
    const connections = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (connection) => {
      connections.add(connection);
      connection.on("close", () => connections.delete(connection));
      answer(launchd, connection);
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socket, resolve));
    writeExecutable(join(directory, "launchctl"), socket);
    return new LaunchctlServer(server, connections);
  }

  async close(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

function answer(launchd: Launchd, connection: Socket): void {
  // A caller that was killed meanwhile needs no answer.
  connection.on("error", () => {});
  let text = "";
  connection.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  connection.on("end", async () => {
    const args = requestSchema.parse(JSON.parse(text));
    connection.end(JSON.stringify(await answerLaunchctl(launchd, args)));
  });
}

function writeExecutable(path: string, socket: string): void {
  const client = join(__dirname, "launchctl.mjs");
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${client}' '${socket}' "$@"\n`);
  chmodSync(path, 0o755);
}
