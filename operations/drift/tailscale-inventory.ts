import { z } from "zod";
import { askAgain, isTemporaryStatus } from "../../lib/retry";
import { rememberToken } from "../../lib/session-tokens";
import { type InventoryLister, type InventoryScope, type ListedObject, NotSignedIn } from "./unmanaged";

const devicesSchema = z.object({
  devices: z.array(
    z.object({
      nodeId: z.string(),
      hostname: z.string(),
      tags: z.array(z.string()).optional(),
      authorized: z.boolean().optional(),
      isExternal: z.boolean().optional(),
    }),
  ),
});

const keysSchema = z.object({
  keys: z.array(z.object({ id: z.string(), keyType: z.string().optional(), description: z.string().optional() })),
});

export interface TailscaleInventoryOptions {
  /** Default: Tailscale's public API. */
  readonly endpoint?: string;
  /** An access token that may read devices and keys. Default: `TAILSCALE_API_KEY`, else what a workflow's run is given for its identity. */
  readonly token?: string;
  /** The first pause before a request is repeated; the next ones are twice as long. Default: 1. */
  readonly retrySeconds?: number;
}

const tries = 4;

/** Lists the devices and authentication keys of the tailnet that the token belongs to. */
export class TailscaleInventory implements InventoryLister {
  constructor(private readonly options: TailscaleInventoryOptions = {}) {}

  async list(scope: InventoryScope): Promise<readonly ListedObject[]> {
    if (scope.cloud !== "tailscale") return [];
    const token = this.options.token ?? (await tailnetToken(process.env, this.endpoint));
    if (token === "") throw new NotSignedIn(noToken);
    const { devices } = devicesSchema.parse(await this.get("devices", token));
    const { keys } = keysSchema.parse(await this.get("keys", token));
    return [
      ...devices.map(({ nodeId, hostname, tags = [], authorized = true, isExternal = false }) => ({
        type: "tailscale:index/device:Device",
        id: nodeId,
        name: hostname,
        properties: { hostname, tags, authorized, isExternal },
      })),
      // Keys that sign in to the API belong to people; the others let devices in.
      ...keys
        .filter(({ keyType = "auth" }) => keyType === "auth")
        .map(({ id, description }) => ({
          type: "tailscale:index/tailnetKey:TailnetKey",
          id,
          name: description === undefined || description === "" ? id : description,
        })),
    ];
  }

  private get endpoint(): string {
    return this.options.endpoint ?? "https://api.tailscale.com";
  }

  private async get(what: "devices" | "keys", token: string): Promise<unknown> {
    const { retrySeconds = 1 } = this.options;
    const ask = async () => {
      const response = await fetch(`${this.endpoint}/api/v2/tailnet/-/${what}`, {
        headers: { authorization: `Bearer ${token}` },
        signal: AbortSignal.timeout(30_000),
      });
      return { response, text: await response.text() };
    };
    const plan = { tries, firstWaitMs: retrySeconds * 1000 };
    const { response, text } = await askAgain(ask, plan, ({ response: { status } }) => !isTemporaryStatus(status));
    if (!response.ok) throw new Error(`Tailscale answers ${response.status} when asked for ${what}`);
    return parseAnswer(text, what);
  }
}

function parseAnswer(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`Tailscale answers no JSON when asked for ${what}: ${text.slice(0, 60)}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What to do when the tailnet cannot be listed because no credentials are set. */
const noToken =
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
  if ([client, audience, url, bearer].includes("")) throw new NotSignedIn(noToken);

  const asking = new URL(url);
  asking.searchParams.set("audience", audience);
  const word = await fetch(asking, {
    headers: { authorization: `Bearer ${bearer}` },
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  const { value } = await readAnswer("GitHub", word, z.object({ value: z.string().min(1) }));
  rememberToken(value);
  const given = await fetch(`${endpoint}/api/v2/oauth/token-exchange`, {
    method: "POST",
    body: new URLSearchParams({ client_id: client, jwt: value }),
    signal: AbortSignal.timeout(timeoutMilliseconds),
  });
  return rememberToken(
    (await readAnswer("Tailscale", given, z.object({ access_token: z.string().min(1) }))).access_token,
  );
}

/** The answer may hold a token, so no error repeats it. */
async function readAnswer<Schema extends z.ZodType>(
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
