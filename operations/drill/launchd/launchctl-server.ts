import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { z } from "zod";
import { answerLaunchctl } from "./launchctl-requests";
import type { Launchd } from "./launchd";

const requestSchema = z.array(z.string());

/** Where programs of the user with this home reach launchd. */
function socketOf(home: string): string {
  return join(home, "launchd.sock");
}

/** Lets programs of a host call `launchctl`: {@link writeLaunchctl} hands their command line to this. */
export class LaunchctlServer {
  private constructor(
    private readonly server: Server,
    private readonly connections: Set<Socket>,
  ) {}

  /** @param home the user's home directory; short, because a socket's path may have 104 bytes */
  static async open(launchd: Launchd, home: string): Promise<LaunchctlServer> {
    const connections = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (connection) => {
      connections.add(connection);
      connection.on("close", () => connections.delete(connection));
      answer(launchd, connection);
    });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(socketOf(home), resolve));
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

/** Writes an executable that stands in for `/bin/launchctl`, for every user: which launchd it asks is decided by `HOME`. */
export function writeLaunchctl(path: string): void {
  const client = join(__dirname, "launchctl.mjs");
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${client}' "$HOME/launchd.sock" "$@"\n`);
  chmodSync(path, 0o755);
}
