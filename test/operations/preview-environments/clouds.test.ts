import { afterEach, describe, expect, it } from "vitest";
import { githubRepository } from "../../../lib/github/github-repository";
import { readPullRequestState } from "../../../operations/preview-environments/find-previews";
import { AzureResourceGroups } from "../../../operations/preview-environments/resource-groups";
import { type Answer, LocalServer, type SeenRequest } from "../delivery/local-server";

const servers: LocalServer[] = [];
async function serving(answer: (request: SeenRequest, url: string) => Answer | undefined): Promise<LocalServer> {
  const server = await LocalServer.start(answer);
  servers.push(server);
  return server;
}
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

describe("a pull request at GitHub", () => {
  async function asked(answer: Answer) {
    const server = await serving(() => answer);
    const repository = githubRepository({
      ...{ GITHUB_REPOSITORY: "alai-org/alai-infra", GITHUB_API_URL: server.url, RUN_TOKEN: "canary-token" },
      GITHUB_RETRY_MILLISECONDS: "1",
    });
    return readPullRequestState(repository, 12, ["preview-environment", "preview:alai"]);
  }
  const labels = [{ name: "urgent" }, { name: "preview-environment" }];

  it.each([
    ["open", { state: "open", labels }],
    ["open", { state: "open", labels: [{ name: "preview:alai" }] }],
    ["unlabelled", { state: "open", labels: [{ name: "preview:kimberly" }] }],
    ["unlabelled", { state: "open", labels: [{ name: "urgent" }] }],
    ["closed", { state: "closed", labels }],
  ])("is %s", async (state, body) => {
    expect(await asked({ status: 200, body })).toBe(state);
  });

  it.each([
    [401, "the token"],
    [403, "pull-requests: read"],
    [404, "pull-requests: read"],
    [429, "rate limit"],
    [502, "502"],
  ])("is not taken for closed when GitHub answers %s", async (status, told) => {
    await expect(
      asked({ status, body: "<html><p>no</p></html>", headers: { "content-type": "text/html" } }),
    ).rejects.toThrow(told);
  });
});

describe("the resource groups of the previews' subscription", () => {
  const id = (name: string) => `/subscriptions/s-9/resourceGroups/${name}`;
  const listed = (name: string) => ({ id: id(name), name, location: "swedencentral", tags: { PullRequest: "12" } });
  const groupsAt = ({ url }: LocalServer) =>
    new AzureResourceGroups("s-9", { endpoint: url, token: async () => "canary-token" });

  it("are listed with their tags, page by page", async () => {
    const server = await serving(({ path }, url) => {
      if (path.includes("page=2")) return { status: 200, body: { value: [listed("two")] } };
      return { status: 200, body: { value: [listed("one")], nextLink: `${url}/next?page=2` } };
    });
    const found = await groupsAt(server).list();
    expect(found.map(({ name, tags }) => [name, tags])).toEqual([
      ["one", { PullRequest: "12" }],
      ["two", { PullRequest: "12" }],
    ]);
  });

  it("that cannot be read are an error, not an empty list", async () => {
    const server = await serving(() => ({
      status: 403,
      body: { error: { code: "AuthorizationFailed", message: "no" } },
    }));
    await expect(groupsAt(server).list()).rejects.toThrow();
  });

  it("are deleted one by one, by name, after the diagnostic settings of what is in them, which would stay", async () => {
    const vault = `${id("alai-pr-12")}/providers/Microsoft.KeyVault/vaults/v`;
    const subnetless = `${id("alai-pr-12")}/providers/Microsoft.Network/routeTables/r`;
    const account = `${id("alai-pr-12")}/providers/Microsoft.Storage/storageAccounts/a`;
    const settings = "/providers/Microsoft.Insights/diagnosticSettings";
    const watched = [vault, `${account}/blobServices/default`];
    const server = await serving(({ method, path }) => {
      const asked = path.split("?")[0] ?? "";
      if (method === "DELETE") return { status: 200 };
      if (asked.endsWith("/resources")) {
        const types = {
          [vault]: "vaults",
          [subnetless]: "routeTables",
          [account]: "Microsoft.Storage/storageAccounts",
        };
        return {
          status: 200,
          body: { value: Object.entries(types).map(([resource, type]) => ({ id: resource, type })) },
        };
      }
      if (asked.includes("routeTables")) {
        return { status: 400, body: { error: { code: "ResourceTypeNotSupported", message: "no settings here" } } };
      }
      const found = watched.filter((resource) => asked === `${resource}${settings}`);
      return {
        status: 200,
        body: { value: found.map((resource) => ({ id: `${resource}${settings}/logs`, name: "logs" })) },
      };
    });
    await groupsAt(server).delete(id("alai-pr-12"));
    const deleted = server.seen.filter(({ method }) => method === "DELETE").map(({ path }) => path.split("?")[0]);
    expect(deleted.map((path) => path?.toLowerCase())).toEqual(
      [...watched.map((resource) => `${resource}${settings}/logs`), id("alai-pr-12")].map((path) => path.toLowerCase()),
    );
  });

  it("are not deleted while somebody may not see the diagnostic settings in them", async () => {
    const vault = `${id("alai-pr-12")}/providers/Microsoft.KeyVault/vaults/v`;
    const server = await serving(({ path }) =>
      path.includes("/resources?")
        ? { status: 200, body: { value: [{ id: vault, type: "Microsoft.KeyVault/vaults" }] } }
        : { status: 403, body: { error: { code: "AuthorizationFailed", message: "no" } } },
    );
    await expect(groupsAt(server).delete(id("alai-pr-12"))).rejects.toThrow("no");
    expect(server.seen.map(({ method }) => method)).not.toContain("DELETE");
  });
});
