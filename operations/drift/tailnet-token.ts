import { z } from "zod";

type Environment = Readonly<Record<string, string | undefined>>;

/** What to do when the tailnet cannot be listed because nobody said as whom. */
export const noToken =
  "the tailnet cannot be listed: set TAILSCALE_API_KEY to a token that may read devices and keys, or in a workflow TAILSCALE_OAUTH_CLIENT_ID and TAILSCALE_AUDIENCE with the permission id-token";

const timeoutMilliseconds = 30_000;

/**
 * A token that lists the tailnet: `TAILSCALE_API_KEY` where it is set; in a workflow's run a short one, which Tailscale gives for
 * GitHub's word for who the run is.
 *
 * Source: Tailscale, "Workload identity federation"; GitHub, "OpenID Connect reference".
 *
 * @throws when neither is there, or one of the two services refuses
 */
export async function tailnetToken(environment: Environment, endpoint: string): Promise<string> {
  const key = environment.TAILSCALE_API_KEY ?? "";
  if (key !== "") return key;
  const client = environment.TAILSCALE_OAUTH_CLIENT_ID ?? "";
  const audience = environment.TAILSCALE_AUDIENCE ?? "";
  const url = environment.ACTIONS_ID_TOKEN_REQUEST_URL ?? "";
  const bearer = environment.ACTIONS_ID_TOKEN_REQUEST_TOKEN ?? "";
  if ([client, audience, url, bearer].includes("")) throw new Error(noToken);

  const asking = new URL(url);
  asking.searchParams.set("audience", audience);
  const word = await fetch(asking, {
    headers: { authorization: `Bearer ${bearer}` },
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  const { value } = await answered("GitHub", word, z.object({ value: z.string().min(1) }));
  const given = await fetch(`${endpoint}/api/v2/oauth/token-exchange`, {
    method: "POST",
    body: new URLSearchParams({ client_id: client, jwt: value }),
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  return (await answered("Tailscale", given, z.object({ access_token: z.string().min(1) }))).access_token;
}

/** What is answered may hold a token: no error repeats it. */
async function answered<Schema extends z.ZodType>(
  who: string,
  response: Response,
  schema: Schema,
): Promise<z.infer<Schema>> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${who} answers ${response.status} when asked for a token to list the tailnet`);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new Error(`${who} answers no token when asked for one to list the tailnet`);
  }
}
