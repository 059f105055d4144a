import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommitQueue } from "../../components/repository/repository-files";
import { type Site, siteSchema } from "../../components/static-site/schema";
import { siteEnvironments } from "../../components/static-site/site-deployment";
import { StaticSite, type StaticSiteArgs } from "../../components/static-site/static-site";
import { lasting, SeededSandbox, seeded } from "./seeded-sandbox";

const live = {
  state: "on-pages",
  domain: "alai.no",
  zone: "alai.no",
  owner: "own",
  repository: "alai-home-web",
  framework: { kind: "html" },
};
const client = {
  ...live,
  domain: "kenyhot.pro",
  zone: "kenyhot.pro",
  owner: "client",
  repository: "client-kenyhot-web",
};

function siteArgs(site: Record<string, unknown>, changes: Partial<StaticSiteArgs> = {}): StaticSiteArgs {
  return {
    context: lasting,
    accountId: seeded.accountId,
    zone: seeded.alaiZone,
    site: siteSchema.parse(site),
    deployment: { by: "own-repository", commits: new CommitQueue() },
    ...changes,
  };
}

const ours = (): StaticSiteArgs["deployment"] => ({
  by: "our-repository",
  commits: new CommitQueue(),
  repository: "alai-infra",
  branch: "main",
  sourceOwner: "alai-org",
  sourceIsPrivate: true,
});

let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

const recordType = "cloudflare:index/dnsRecord:DnsRecord";
const fileType = "github:index/repositoryFile:RepositoryFile";

describe("StaticSite", () => {
  it("makes project, domain, record, workflows and variables, with defaults", async () => {
    const { outputs } = await sandbox.upTwice(() => {
      const site = new StaticSite("alai.no", siteArgs({ ...live, project: "alai-new-web" }));
      return { url: site.url, subdomain: site.subdomain };
    });
    expect(outputs).toEqual({ url: "https://alai.no", subdomain: "alai-new-web.pages.dev" });
    const record = (await sandbox.resources(recordType)).get("alai.no-site");
    expect(record?.inputs).toMatchObject({ type: "CNAME", content: "alai-new-web.pages.dev", proxied: true, ttl: 1 });
    expect([...(await sandbox.resources(fileType)).keys()]).toEqual([
      "alai.no-.github/workflows/deploy.yml",
      "alai.no-.github/workflows/preview.yml",
      "alai.no-.github/workflows/rollback.yml",
      "alai.no-renovate.json",
    ]);
    const variables = await sandbox.resources("github:index/actionsVariable:ActionsVariable");
    expect([...variables.values()].map(({ inputs }) => [inputs.variableName, inputs.value])).toEqual([
      ["CLOUDFLARE_ACCOUNT_ID", seeded.accountId],
      ["CF_PROJECT_NAME", "alai-new-web"],
    ]);
  });

  it("does everything at once: adopted project, www, transforms", async () => {
    await sandbox.upTwice(
      () =>
        new StaticSite("alai.no", {
          ...siteArgs({ ...live, adoptProject: true, www: "redirect-to-apex", branch: "main" }),
          deployment: {
            by: "own-repository",
            commits: new CommitQueue(),
            firstTo: "alai-home-web-dev",
          },
          transform: {
            project: (_args, opts) => void Object.assign(opts, { retainOnDelete: true }),
            domain: (_args, opts) => void Object.assign(opts, { customTimeouts: { create: "5m" } }),
            record: { comment: "served by Pages" },
            file: { commitMessage: "Update the site's workflows" },
            variable: (_args, opts) => void Object.assign(opts, { protect: true }),
          },
        }),
    );
    const project = (await sandbox.resources("cloudflare:index/pagesProject:PagesProject")).get("alai.no");
    expect(project).toMatchObject({ protect: true, retainOnDelete: true });
    const records = await sandbox.resources(recordType);
    expect([...records.values()].map(({ inputs }) => [inputs.name, inputs.comment])).toEqual([
      ["alai.no", "served by Pages"],
      ["www.alai.no", "served by Pages"],
    ]);
    const files = await sandbox.resources(fileType);
    expect([...files.values()].map(({ inputs }) => inputs.commitMessage)).toEqual(
      Array.from(files, () => "Update the site's workflows"),
    );
  });

  it("tells Pages of the name before the record points there", async () => {
    await sandbox.deployment.up(() => new StaticSite("alai.no", siteArgs({ ...live, project: "alai-new-web" })));
    const record = (await sandbox.resources(recordType)).get("alai.no-site");
    expect(record?.dependencies.some((urn) => urn.includes("pagesDomain:PagesDomain"))).toBe(true);
  });

  it("commits one file after the other, also across sites of one repository", async () => {
    await sandbox.upTwice(() => {
      const deployment = ours();
      new StaticSite("kenyhot.pro", siteArgs(client, { zone: seeded.kenyhotZone, deployment }));
      const other = { ...client, domain: "new.alai.no", zone: "alai.no", repository: "client-merdzanovic-web" };
      new StaticSite("new.alai.no", siteArgs(other, { deployment }));
    });
    expect(sandbox.existing(fileType)).toContain("alai-infra:.github/workflows/deploy-client-kenyhot-web.yml:main");
    expect(sandbox.existing(fileType)).toContain(
      "alai-infra:.github/workflows/rollback-client-merdzanovic-web.yml:main",
    );
  });

  it("gives a client's repository nothing", async () => {
    await sandbox.upTwice(
      () => new StaticSite("kenyhot.pro", siteArgs(client, { zone: seeded.kenyhotZone, deployment: ours() })),
    );
    const files = await sandbox.resources(fileType);
    expect([...files.values()].every(({ inputs }) => inputs.repository === "alai-infra")).toBe(true);
  });

  it("is cut over by its state: the address becomes a CNAME, and everything else stays", async () => {
    const site = (state: Record<string, unknown>) => () => {
      new StaticSite(
        "kenyhot.pro",
        siteArgs({ ...client, ...state }, { zone: seeded.kenyhotZone, deployment: ours() }),
      );
    };
    await sandbox.upTwice(site({ state: "to-migrate", current: { type: "A", address: "192.0.2.7" } }));
    const { changes } = await sandbox.deployment.up(site({ state: "on-pages" }));
    const records = await sandbox.resources(recordType);
    expect([...records.values()].map(({ inputs }) => inputs.type)).toEqual(["CNAME"]);
    expect(changes).toMatchObject({ create: 1 });
    expect(Object.keys(changes)).not.toContain("delete");
  });

  describe("retired", () => {
    afterEach(() => void vi.useRealTimers());

    it("lets go of an adopted project, which nothing serves or deploys to, then deletes it", async () => {
      const adopted = { ...live, adoptProject: true };
      const retired = { on: "2026-12-01", keepDays: 30, reason: "nobody visits it any more" };
      const projectType = "cloudflare:index/pagesProject:PagesProject";
      const name = "alai-home-web";
      await sandbox.upTwice(() => new StaticSite("alai.no", siteArgs(adopted)));
      vi.setSystemTime("2026-12-30T00:00:00Z");
      const leaving = () => new StaticSite("alai.no", siteArgs({ ...adopted, state: "retired", retired }));
      await sandbox.upTwice(leaving);
      const kept = await sandbox.deployment.resources();
      expect((await sandbox.resources(projectType)).get("alai.no")).toMatchObject({
        protect: false,
        retainOnDelete: false,
      });
      expect(kept.filter(({ custom, type }) => custom && !type.startsWith("pulumi:")).map(({ type }) => type)).toEqual([
        projectType,
      ]);
      expect(sandbox.existing(projectType)).toContain(name);
      vi.setSystemTime("2026-12-31T00:00:00Z");
      await sandbox.upTwice(leaving);
      expect(sandbox.existing(projectType)).not.toContain(name);
    });
  });

  it("makes a copy beside the live site, deployed by another stack", async () => {
    const { outputs } = await sandbox.upTwice(() => {
      const deployment = { by: "another-stack" } as const;
      return { url: new StaticSite("alai.no", siteArgs(live, { variant: "dev", deployment })).url };
    });
    expect(outputs).toEqual({ url: "https://dev.alai.no" });
    expect(sandbox.existing("cloudflare:index/pagesProject:PagesProject")).toContain("alai-home-web-dev");
    expect((await sandbox.resources(fileType)).size).toBe(0);
  });

  it.each<[string, Site]>([
    ["paused", siteSchema.parse({ state: "paused", domain: "snowit.ba", reason: "API routes" })],
    ["elsewhere without a zone of ours", siteSchema.parse({ state: "elsewhere", domain: "api.example.net" })],
  ])("makes nothing for a site that is %s", async (_state, site) => {
    const { changes } = await sandbox.upTwice(() => {
      new StaticSite("site", { context: lasting, accountId: seeded.accountId, site, deployment: ours() });
    });
    expect(changes).toEqual({ create: 2 });
  });

  it.each<[string, () => StaticSiteArgs, string]>([
    [
      "a client's repository as the place of the token",
      () => siteArgs(client, { zone: seeded.kenyhotZone }),
      `StaticSite "site": client-kenyhot-web is a client's repository and does not get the account-wide Pages token; deploy it from ours: deployment { by: "our-repository", … }`,
    ],
    [
      "a zone that does not hold the name",
      () => siteArgs(live, { zone: seeded.bilkoZone }),
      'StaticSite "site": alai.no does not lie in the zone bilko.io',
    ],
    [
      "a missing zone",
      () => {
        const { zone: _zone, ...rest } = siteArgs(live);
        return rest;
      },
      'StaticSite "site": zone alai.no is missing: give its id and domain',
    ],
  ])("refuses %s", async (_name, args, message) => {
    expect(await sandbox.refusal(() => new StaticSite("site", args()))).toContain(message);
  });
});

describe("the environments of a site", () => {
  const site = (entry: Record<string, unknown>) => {
    const parsed = siteSchema.parse(entry);
    if (parsed.state !== "on-pages") throw new Error("the entry is on Pages");
    return parsed;
  };
  const shown = (...args: Parameters<typeof siteEnvironments>) =>
    siteEnvironments(...args)?.environments.map(({ name, branches, secrets }) => [name, branches, secrets]);

  it("hold the token for the deployed branch alone, previews included", () => {
    const own = { by: "own-repository", commits: new CommitQueue(), firstTo: "p-dev" } as const;
    const token = [["live"], ["CLOUDFLARE_API_TOKEN"]];
    expect(shown(site({ ...live, branch: "live" }), "p", own)).toEqual([
      ["production", ...token],
      ["preview", ...token],
      ["first", ...token],
    ]);
  });

  it("of a client's lie in our repository, apart from those of stacks, the key to its source in one of its own", () => {
    expect(shown(site(client), "client-kenyhot-web", ours())).toEqual([
      ["pages-production", ["main"], ["CLOUDFLARE_API_TOKEN"]],
      ["pages-preview", ["main"], ["CLOUDFLARE_API_TOKEN"]],
      ["source-client-kenyhot-web", ["main"], ["SOURCE_KEY"]],
    ]);
  });
});
