// The watcher's side of Azure: when the job there last watched. It is asked as whom GitHub says the workflow is; no key exists.
import { at, listAt, text, textAt } from "../job";

const azureTimeoutMs = 15_000;
const executionsVersion = "2025-01-01";

/** When an execution of the job last ended well; undefined when none did that Azure still knows. */
export async function lastExecution(): Promise<string | undefined> {
  const api = process.env.AZURE_API_URL ?? "https://management.azure.com";
  const url = `${api}${text("WATCHER_JOB_ID")}/executions?api-version=${executionsVersion}`;
  const answer = await ask("Azure", url, { headers: { authorization: `Bearer ${await azureToken()}` } });
  const ends = listAt(answer, "value").flatMap((execution) => {
    const end = textAt(execution, "properties", "endTime");
    return at(execution, "properties", "status") === "Succeeded" && end !== undefined ? [end] : [];
  });
  return ends.sort((left, right) => Date.parse(left) - Date.parse(right)).at(-1);
}

/** Source: Entra, "Workload identity federation"; GitHub, "OpenID Connect reference". */
async function azureToken(): Promise<string> {
  const url = new URL(text("ACTIONS_ID_TOKEN_REQUEST_URL"));
  url.searchParams.set("audience", "api://AzureADTokenExchange");
  const authorization = `Bearer ${text("ACTIONS_ID_TOKEN_REQUEST_TOKEN")}`;
  const assertion = tokenIn("GitHub", await ask("GitHub", url.href, { headers: { authorization } }), "value");
  const login = process.env.AZURE_LOGIN_URL ?? "https://login.microsoftonline.com";
  const answer = await ask("Entra", `${login}/${text("WATCHER_TENANT_ID")}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: text("WATCHER_CLIENT_ID"),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
      scope: "https://management.azure.com/.default",
    }),
  });
  return tokenIn("Entra", answer, "access_token");
}

function tokenIn(who: string, answer: unknown, field: string): string {
  const token = textAt(answer, field);
  if (token === undefined) throw new Error(`${who}'s answer has no token`);
  return token;
}

async function ask(who: string, url: string, request: RequestInit): Promise<unknown> {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(azureTimeoutMs) });
  if (!response.ok) throw new Error(`${who} answered ${response.status} when asked for the second watcher's last beat`);
  return response.json();
}
