import { afterEach, describe, expect, it } from "vitest";
import { cloudflareAddresses } from "../../../lib/cloudflare-addresses";
import { AddressesError, addressChanges, publishedAddresses } from "../../../operations/edge/published-addresses";
import { type Answer, LocalServer } from "../drift/local-server";

let server: LocalServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function asked(answer: Answer) {
  server = await LocalServer.start(() => answer);
  return publishedAddresses({ url: server.url });
}

const answer = (ipv4: readonly string[], ipv6: readonly string[]): Answer => ({
  status: 200,
  body: { success: true, errors: [], messages: [], result: { etag: "e", ipv4_cidrs: ipv4, ipv6_cidrs: ipv6 } },
});

describe("the addresses that Cloudflare publishes", () => {
  it("are sorted, each once", async () => {
    const { ipv4, ipv6 } = cloudflareAddresses;
    const found = await asked(answer([...ipv4, ...ipv4].reverse(), [...ipv6].reverse()));
    expect(found).toEqual(cloudflareAddresses);
    expect(addressChanges(cloudflareAddresses, found)).toEqual([]);
  });

  it("tell what is new and what is gone", () => {
    const { ipv4, ipv6 } = cloudflareAddresses;
    const [gone = "", ...kept] = ipv4;
    const after = { ipv4: kept, ipv6: [...ipv6, "2001:db8::/32"] };
    expect(addressChanges(cloudflareAddresses, after)).toEqual(["+ 2001:db8::/32", `- ${gone}`]);
  });

  it.each<[string, Answer, string]>([
    [
      "everything",
      answer(["0.0.0.0/0"], ["2400:cb00::/32"]),
      "result.ipv4_cidrs.0 is no public block of at most a /10",
    ],
    ["a private block", answer(["10.0.0.0/16"], ["2400:cb00::/32"]), "is no public block"],
    ["all of IPv6", answer(["173.245.48.0/20"], ["::/0"]), "result.ipv6_cidrs.0 is no block of at most a /28"],
    ["nothing", answer([], ["2400:cb00::/32"]), "result.ipv4_cidrs"],
    ["a refusal", { status: 503, body: {} }, "answered 503"],
    ["a failure", { status: 200, body: { success: false } }, "answered with something else"],
  ])("are not taken when they are %s", async (_what, wrong, message) => {
    const refusal = await asked(wrong).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AddressesError);
    expect(String(refusal)).toContain(message);
  });

  it("are not taken from where nobody answers", async () => {
    await expect(publishedAddresses({ url: "http://127.0.0.1:1/" })).rejects.toThrow("cannot be reached");
  });
});
