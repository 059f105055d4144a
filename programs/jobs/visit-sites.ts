// Visits every address of the inventory, and tells Slack once which ones do not answer as they should, and once which do again.
import { askAgain } from "../../lib/retry";
import { readBlob, writeBlob } from "./blob-store";
import { fail, listAt, messageOf, number, runJob, tell, text, texts } from "./job";

const visitTimeoutMs = 10_000;

runJob(async () => {
  const urls = texts("URLS");
  const healthy = new Set(text("HEALTHY").split(",").map(Number));
  const results = await Promise.all(urls.map(async (url) => ({ url, problem: await problemOf(url, healthy) })));
  for (const { url, problem } of results) console.log(`${url} ${problem ?? "healthy"}`);
  const known = await recall();
  const fallen = results.filter(({ url, problem }) => problem !== undefined && !known.has(url));
  const back = results.filter(({ url, problem }) => problem === undefined && known.has(url));
  if (fallen.length + back.length === 0) return;
  const down = `:red_circle: ${fallen.length} of ${urls.length} sites are not healthy`;
  const up = `:large_green_circle: ${back.length} of ${urls.length} sites are healthy again`;
  const told = [
    ...(await toldOf(fallen, down, ({ url, problem }) => `${url} ${problem}`)).map(({ url }) => [url, true] as const),
    ...(await toldOf(back, up, ({ url }) => url)).map(({ url }) => [url, false] as const),
  ];
  // What nobody was told stays as it was, so that the next run tells it. An address that left the inventory is forgotten.
  const now = new Map([...[...known].map((url) => [url, true] as const), ...told]);
  await writeBlob(text("MEMORY"), JSON.stringify(urls.filter((url) => now.get(url) === true)));
});

interface Visited {
  readonly url: string;
  readonly problem: string | undefined;
}

/** Those of which people were told: all of them, or none. */
async function toldOf(
  visited: readonly Visited[],
  title: string,
  line: (one: Visited) => string,
): Promise<readonly Visited[]> {
  if (visited.length === 0) return [];
  const lines = visited.map((one) => `• ${line(one)}`);
  return (await tell("SLACK_WEBHOOK", `${title}\n${lines.join("\n")}`)) ? visited : [];
}

/** The addresses of which people know that they do not answer. Without that everything is told again, and the run fails. */
async function recall(): Promise<ReadonlySet<string>> {
  try {
    return new Set(listAt(JSON.parse((await readBlob(text("MEMORY"))) ?? "[]")).map(String));
  } catch (error) {
    fail(`nobody knows of which sites people were told: ${messageOf(error)}`);
    return new Set();
  }
}

/** What is wrong with a site after three visits, or undefined. One lost packet is not an outage. */
function problemOf(url: string, healthy: ReadonlySet<number>): Promise<string | undefined> {
  const plan = { tries: 3, firstWaitMs: number("RETRY_SECONDS") * 1000, factor: 1 };
  return askAgain(
    () => visit(url, healthy),
    plan,
    (problem) => problem === undefined,
  );
}

/** Redirects are answers here, not followed: 301 and 302 are healthy. The user agent is a browser-like one that says who asks. */
async function visit(url: string, healthy: ReadonlySet<number>): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      redirect: "manual",
      headers: { "user-agent": "Mozilla/5.0 (compatible; uptime-check)" },
      signal: AbortSignal.timeout(visitTimeoutMs),
    });
    await response.body?.cancel();
    return healthy.has(response.status) ? undefined : `returned HTTP ${response.status}`;
  } catch (error) {
    const isLate = error instanceof Error && error.name === "TimeoutError";
    return isLate ? "did not answer within 10 seconds" : "could not be reached";
  }
}
