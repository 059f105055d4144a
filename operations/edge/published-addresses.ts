import { isIPv6 } from "node:net";
import { z } from "zod";
import type { CloudflareAddresses } from "../../lib/cloudflare-addresses";
import { isUnrouted, parseAlignedBlock } from "../../lib/ipv4";

/** Where Cloudflare publishes the addresses that its proxies ask origins from. Needs no token. */
const publishedAddressesApi = "https://api.cloudflare.com/client/v4/ips";

const isPublicBlock = (text: string) => {
  const block = parseAlignedBlock(text);
  // Wider than this would let in who is not Cloudflare: its widest block is a /13.
  return block !== undefined && block.prefix >= 10 && !isUnrouted(block);
};
const isBlock6 = (text: string) =>
  /^[0-9a-f:]+\/(2[89]|[3-9]\d|1[01]\d|12[0-8])$/.test(text) && isIPv6(text.split("/")[0] ?? "");

/** What becomes an allow list is looked at first. */
const answerSchema = z.object({
  success: z.literal(true),
  result: z.object({
    ipv4_cidrs: z.array(z.string().refine(isPublicBlock, { error: "is no public block of at most a /10" })).min(1),
    ipv6_cidrs: z.array(z.string().refine(isBlock6, { error: "is no block of at most a /28" })).min(1),
  }),
});

/** The list could not be had, or is not what it should be. */
export class AddressesError extends Error {}

/**
 * Asks Cloudflare for its addresses.
 *
 * @throws AddressesError with what was wrong; nothing is known then
 */
export async function publishedAddresses({
  url = publishedAddressesApi,
  signal,
}: {
  readonly url?: string;
  readonly signal?: AbortSignal;
} = {}): Promise<CloudflareAddresses> {
  const refused = (problem: string) =>
    new AddressesError(`${url}: ${problem}; the list stays as it is, try again later`);
  const timeout = AbortSignal.timeout(20_000);
  const answer = await fetch(url, {
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw refused(timeout.aborted ? "no answer within 20 seconds" : `cannot be reached (${causeOf(error)})`);
  });
  if (!answer.ok) throw refused(`answered ${answer.status}`);
  const parsed = answerSchema.safeParse(await answer.json().catch(() => undefined));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw refused(`answered with something else: ${issue?.path.join(".")} ${issue?.message}`);
  }
  const { ipv4_cidrs: ipv4, ipv6_cidrs: ipv6 } = parsed.data.result;
  return { ipv4: [...new Set(ipv4)].sort(), ipv6: [...new Set(ipv6)].sort() };
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** What is in one list and not in the other, each with a sign before it. */
export function addressChanges(before: CloudflareAddresses, after: CloudflareAddresses): readonly string[] {
  const all = ({ ipv4, ipv6 }: CloudflareAddresses) => [...ipv4, ...ipv6];
  return [
    ...all(after)
      .filter((block) => !all(before).includes(block))
      .map((block) => `+ ${block}`),
    ...all(before)
      .filter((block) => !all(after).includes(block))
      .map((block) => `- ${block}`),
  ];
}
