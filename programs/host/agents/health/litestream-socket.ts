import { request } from "node:http";
import { z } from "zod";

const listSchema = z.looseObject({
  databases: z.array(z.looseObject({ path: z.string(), status: z.string(), last_sync_at: z.string().optional() })),
});

/** When Litestream last sent each database, by path. Nothing for a database that it has not sent since it started. */
export type LastSent = ReadonlyMap<string, Date | undefined>;

const timeoutMs = 1000;
/** More than this is no list of databases. */
const largestAnswer = 4_000_000;

/** Asks a running Litestream over its control socket. Nothing when it does not run or does not answer. */
export function lastSent(socketPath: string): Promise<LastSent | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: "/list", timeout: timeoutMs }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > largestAnswer) asked.destroy();
      });
      response.on("error", () => resolve(undefined));
      response.on("end", () => resolve(response.statusCode === 200 ? parsed(text) : undefined));
    });
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

function parsed(text: string): LastSent | undefined {
  try {
    const { databases } = listSchema.parse(JSON.parse(text));
    return new Map(
      databases.map(({ path, last_sync_at }) => [
        path,
        last_sync_at === undefined ? undefined : new Date(last_sync_at),
      ]),
    );
  } catch {
    return undefined;
  }
}
