// Stops a database server at night and at weekends, and starts it in the morning: whatever it is told the hours are.
import { runsAt } from "../../lib/running-hours";
import { identityToken } from "./blob-store";
import { list, number, runJob, text, textAt } from "./job";

const requestTimeoutMs = 60_000;

runJob(async () => {
  const days = list("DAYS").map(Number);
  const runs = runsAt(new Date(), { start: number("START_HOUR"), stop: number("STOP_HOUR"), days });
  const [wanted, other, action] = runs ? ["Ready", "Stopped", "start"] : ["Stopped", "Ready", "stop"];
  const token = await identityToken("https://management.azure.com");
  // While it starts, stops or is changed, nothing can be asked of it; the job's own time ends the waiting.
  for (let isAsked = false; ; await waitABit()) {
    const state = await askState(token);
    if (state === wanted) {
      console.log(`the server is ${wanted}`);
      return;
    }
    if (state !== other || isAsked) continue;
    console.log(`the server is ${state}: ${action}`);
    isAsked = await ask(token, action);
  }
});

async function askState(token: string): Promise<string> {
  const response = await call(token, "GET", "");
  if (!response.ok) throw new Error(`Azure answered ${response.status} when the server's state was asked for`);
  return textAt(await response.json(), "properties", "state") ?? "of an unknown state";
}

/** @returns whether it was taken; a server that is busy is asked again */
async function ask(token: string, action: string): Promise<boolean> {
  const response = await call(token, "POST", `/${action}`);
  if (response.ok) return true;
  if (response.status === 409) return false;
  throw new Error(`Azure answered ${response.status} to ${action}: ${(await response.text()).slice(0, 300)}`);
}

/** Source: azure-rest-api-specs, Microsoft.DBforPostgreSQL 2024-08-01, `Servers_Start` and `Servers_Stop`. */
async function call(token: string, method: string, path: string): Promise<Response> {
  return fetch(`${text("SERVER_URL")}${path}?api-version=2024-08-01`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(requestTimeoutMs),
  });
}

async function waitABit(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, number("WAIT_SECONDS") * 1000));
}
