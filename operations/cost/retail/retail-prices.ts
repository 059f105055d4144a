import { z } from "zod";
import { parseJson } from "../../../lib/json-value";
import { isTemporaryStatus, retry } from "../../../lib/retry";

/** The public Azure retail price API: no account, 100 items a page. Source: https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices */
export const retailPriceApi = "https://prices.azure.com/api/retail/prices";

const itemSchema = z.object({
  currencyCode: z.string(),
  tierMinimumUnits: z.number(),
  retailPrice: z.number(),
  armRegionName: z.string(),
  meterId: z.string(),
  meterName: z.string(),
  productName: z.string(),
  skuName: z.string(),
  serviceName: z.string(),
  unitOfMeasure: z.string(),
  type: z.string(),
  armSkuName: z.string().nullish(),
});
export type RetailItem = z.infer<typeof itemSchema>;

const pageSchema = z.object({ Items: z.array(itemSchema), NextPageLink: z.string().nullish() });

export interface RetailApiOptions {
  /** Default: {@link retailPriceApi}. */
  readonly endpoint?: string;
  /** The first pause before a request is repeated, in seconds; the next ones are twice as long. Default: 1. */
  readonly retrySeconds?: number;
  /** For how long one answer is waited for. Default: 20. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

/** The API cannot be read: what it answered instead, and what to do. */
export class RetailApiError extends Error {
  override name = "RetailApiError";
  constructor(
    message: string,
    /** Whether it did not answer in time. */
    readonly timedOut: boolean,
  ) {
    super(message);
  }
}

const tries = 4;
/** One meter in one region has a handful of items. */
const mostPages = 20;
/** After a longer wait than this the command fails, and can be run again later. */
const longestWaitSeconds = 60;

/**
 * All items that a filter finds, from every page.
 *
 * @param filter fields and what they must be: `{ armRegionName: "swedencentral" }`
 * @throws RetailApiError
 */
export async function retailItems(
  filter: Readonly<Record<string, string>>,
  currency: string,
  options: RetailApiOptions = {},
): Promise<readonly RetailItem[]> {
  const items: RetailItem[] = [];
  let next: string | undefined = firstPage(options.endpoint ?? retailPriceApi, filter, currency);
  for (let page = 0; next !== undefined; page += 1) {
    if (page === mostPages) throw new RetailApiError(`${next}: more than ${mostPages} pages; narrow the meter`, false);
    const { Items, NextPageLink } = await readPage(next, options);
    items.push(...Items);
    next = NextPageLink ? withinApi(NextPageLink, next) : undefined;
  }
  return items;
}

function firstPage(endpoint: string, filter: Readonly<Record<string, string>>, currency: string): string {
  // OData writes a quote within a text twice.
  const terms = Object.entries(filter).map(([field, value]) => `${field} eq '${value.replaceAll("'", "''")}'`);
  const url = new URL(endpoint);
  url.searchParams.set("currencyCode", `'${currency}'`);
  url.searchParams.set("$filter", terms.join(" and "));
  return url.href;
}

/** The next page is the API's own, or it is not followed. */
function withinApi(link: string, from: string): string {
  const url = URL.canParse(link) ? new URL(link) : undefined;
  if (url?.origin === new URL(from).origin) return url.href;
  throw new RetailApiError(`${from}: names a next page elsewhere, which is not followed`, false);
}

async function readPage(url: string, options: RetailApiOptions): Promise<z.infer<typeof pageSchema>> {
  const { retrySeconds = 1, signal } = options;
  const plan = { tries, firstWaitMs: retrySeconds * 1000, ...(signal === undefined ? {} : { signal }) };
  const ask = async (): Promise<z.infer<typeof pageSchema>> => {
    const answer = await askOnce(url, options);
    if (answer.what === "page") return answer.page;
    throw new PageRefused(url, answer);
  };
  return retry(ask, plan, (error) => error instanceof PageRefused && waitFor(error.answer));
}

/** Milliseconds to wait at least before the page is asked for again; false: it is not worth another try. */
function waitFor({ again, retryAfter = 0 }: PageProblem): number | false {
  return again && retryAfter <= longestWaitSeconds && retryAfter * 1000;
}

class PageRefused extends RetailApiError {
  constructor(
    url: string,
    readonly answer: PageProblem,
  ) {
    super(`${url}: ${answer.problem}; try again later, the price table is as it was`, answer.timedOut);
  }
}

interface PageProblem {
  readonly what: "problem";
  readonly problem: string;
  readonly again: boolean;
  readonly timedOut: boolean;
  /** Seconds. */
  readonly retryAfter?: number;
}

type PageAnswer = { readonly what: "page"; readonly page: z.infer<typeof pageSchema> } | PageProblem;

async function askOnce(url: string, { timeoutSeconds = 20, signal }: RetailApiOptions): Promise<PageAnswer> {
  const timeout = AbortSignal.timeout(timeoutSeconds * 1000);
  try {
    const response = await fetch(url, { signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]) });
    const text = await response.text();
    return response.ok ? pageOf(text) : refusal(response);
  } catch (error) {
    signal?.throwIfAborted();
    const timedOut = timeout.aborted;
    const problem = timedOut ? `no answer within ${timeoutSeconds} seconds` : `cannot be reached (${causeOf(error)})`;
    return { what: "problem", problem, again: true, timedOut };
  }
}

function pageOf(text: string): PageAnswer {
  const parsed = pageSchema.safeParse(parseJson(text));
  if (parsed.success) return { what: "page", page: parsed.data };
  const problem = /^\s*</.test(text)
    ? "answered with a web page instead of prices"
    : "answered with something else than prices";
  return { what: "problem", problem, again: false, timedOut: false };
}

function refusal({ status, headers }: Response): PageAnswer {
  const retryAfter = Number(headers.get("retry-after") ?? Number.NaN);
  return {
    what: "problem",
    problem: `answered ${status}`,
    again: isTemporaryStatus(status),
    timedOut: false,
    ...(Number.isFinite(retryAfter) ? { retryAfter } : {}),
  };
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
