// Visits every address of the inventory and tells Slack which ones do not answer as they should.
import { askAgain } from "../../lib/retry";
import { number, runJob, tell, text, texts } from "./job";

const visitTimeoutMs = 10_000;

runJob(async () => {
  const urls = texts("URLS");
  const healthy = new Set(text("HEALTHY").split(",").map(Number));
  const results = await Promise.all(urls.map(async (url) => ({ url, problem: await problemOf(url, healthy) })));
  for (const { url, problem } of results) console.log(`${url} ${problem ?? "healthy"}`);
  const failing = results.filter(({ problem }) => problem !== undefined);
  if (failing.length === 0) return;
  const lines = failing.map(({ url, problem }) => `• ${url} ${problem}`);
  const title = `:red_circle: ${failing.length} of ${urls.length} sites are not healthy`;
  await tell("SLACK_WEBHOOK", `${title}\n${lines.join("\n")}`);
});

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
