// The watcher's side of Azure: when the job there last watched. It is asked as whom GitHub says the workflow is; no key exists.
import { text } from "../environment.mjs";

const azureTimeoutMs = 15_000;
const executionsVersion = "2025-01-01";

/** When an execution of the job last ended well; undefined when none did that Azure still knows. */
export async function lastExecution() {
  const api = process.env.AZURE_API_URL ?? "https://management.azure.com";
  const url = `${api}${text("WATCHER_JOB_ID")}/executions?api-version=${executionsVersion}`;
  const { value } = await json("Azure", url, { headers: { authorization: `Bearer ${await azureToken()}` } });
  const ends = value.flatMap(({ properties }) => (properties.status === "Succeeded" ? [properties.endTime] : []));
  return ends.sort((left, right) => Date.parse(left) - Date.parse(right)).at(-1);
}

/** Source: Entra, "Workload identity federation"; GitHub, "OpenID Connect reference". */
async function azureToken() {
  const asking = new URL(text("ACTIONS_ID_TOKEN_REQUEST_URL"));
  asking.searchParams.set("audience", "api://AzureADTokenExchange");
  const authorization = `Bearer ${text("ACTIONS_ID_TOKEN_REQUEST_TOKEN")}`;
  const { value: word } = await json("GitHub", asking, { headers: { authorization } });
  const login = process.env.AZURE_LOGIN_URL ?? "https://login.microsoftonline.com";
  const given = await json("Entra", `${login}/${text("WATCHER_TENANT_ID")}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: text("WATCHER_CLIENT_ID"),
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: word,
      scope: "https://management.azure.com/.default",
    }),
  });
  return given.access_token;
}

async function json(who, url, request) {
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(azureTimeoutMs) });
  if (!response.ok) throw new Error(`${who} answered ${response.status} when asked for the second watcher's last beat`);
  return response.json();
}
