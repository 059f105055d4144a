import { afterEach, describe, expect, it, vi } from "vitest";
import { type Site, siteSchema } from "../../components/static-site/schema";
import { monitoredUrls, siteCacheRules, sitePlan, siteRedirects } from "../../components/static-site/site-plan";
import { pagesProjectArgs } from "../../components/static-site/static-site";

const pages = {
  domain: "alai.no",
  zone: "alai.no",
  owner: "own",
  repository: "alai-home-web",
  framework: { kind: "next-export" },
};
const onPages = (changes: Record<string, unknown> = {}): Site =>
  siteSchema.parse({ state: "on-pages", ...pages, ...changes });
const target = { type: "A", address: "192.0.2.7" };

describe("site plan", () => {
  it("serves the name and, where it is used, www", () => {
    expect(sitePlan(onPages()).servedBy).toEqual(["alai.no"]);
    expect(sitePlan(onPages({ www: "serve" })).servedBy).toEqual(["alai.no", "www.alai.no"]);
    expect(sitePlan(onPages({ www: "redirect-to-apex" })).servedBy).toEqual(["alai.no", "www.alai.no"]);
  });

  it("names the project after the repository, unless it has a name of its own", () => {
    expect(sitePlan(onPages()).pages?.project).toBe("alai-home-web");
    expect(sitePlan(onPages({ project: "bilko-io" })).pages?.project).toBe("bilko-io");
  });

  it("makes a copy under a prefix, without www", () => {
    const plan = sitePlan(onPages({ www: "redirect-to-apex" }), "dev");
    expect(plan).toMatchObject({ domain: "dev.alai.no", servedBy: ["dev.alai.no"] });
    expect(plan.pages?.project).toBe("alai-home-web-dev");
  });

  it("leaves the name where it is until the cut-over", () => {
    const site = siteSchema.parse({ state: "to-migrate", ...pages, current: target });
    expect(sitePlan(site)).toMatchObject({ servedBy: [], target: { ...target, proxied: true } });
    expect(sitePlan(site).pages?.project).toBe("alai-home-web");
    expect(sitePlan(site, "dev").servedBy).toEqual(["dev.alai.no"]);
  });

  it("goes to Pages while the entry still says where it was, for the way back", () => {
    const site = siteSchema.parse({ state: "on-pages", ...pages, current: target });
    expect(sitePlan(site)).toMatchObject({ servedBy: ["alai.no"], target: undefined });
  });

  it("only points a name that stays elsewhere, and does nothing for a paused one", () => {
    const elsewhere = siteSchema.parse({ state: "elsewhere", domain: "docs.alai.no", zone: "alai.no", target });
    expect(sitePlan(elsewhere)).toMatchObject({ pages: undefined, servedBy: [], target });
    expect(sitePlan(elsewhere, "dev").target).toBeUndefined();
    const paused = siteSchema.parse({ state: "paused", domain: "snowit.ba", reason: "API routes" });
    expect(sitePlan(paused)).toMatchObject({ pages: undefined, servedBy: [], target: undefined });
  });
});

describe("a retired site", () => {
  afterEach(() => void vi.useRealTimers());
  const retired = { on: "2026-02-27", keepDays: 3, reason: "nobody visits it any more" };
  const site = siteSchema.parse({ state: "retired", ...pages, retired });
  const on = (day: string, variant?: string) => {
    vi.setSystemTime(`${day}T23:59:59Z`);
    return sitePlan(site, variant);
  };

  it("keeps its project, and its copy's, for so many days from the day on", () => {
    expect(on("2026-03-01")).toMatchObject({ servedBy: [], target: undefined, pages: { retired } });
    expect(on("2026-03-01", "dev")).toMatchObject({
      servedBy: [],
      pages: { project: "alai-home-web-dev", retired },
    });
    expect(on("2026-03-02").pages).toBeUndefined();
    expect(on("2026-03-02", "dev").pages).toBeUndefined();
  });

  it("points its name where it says, before and after, and is visited only then", () => {
    const moved = siteSchema.parse({ state: "retired", ...pages, retired, target });
    for (const day of ["2026-03-01", "2026-03-02"]) {
      vi.setSystemTime(`${day}T00:00:00Z`);
      expect(sitePlan(moved)).toMatchObject({ servedBy: [], target });
      expect(sitePlan(moved, "dev").target).toBeUndefined();
    }
    expect(monitoredUrls([site])).toEqual([]);
    expect(monitoredUrls([moved])).toEqual(["https://alai.no"]);
    expect(siteRedirects(siteSchema.parse({ state: "retired", ...pages, www: "redirect-to-apex", retired }))).toEqual(
      [],
    );
  });

  it("is kept for 30 days unless it says otherwise", () => {
    const { keepDays: _, ...rest } = retired;
    expect(siteSchema.parse({ state: "retired", ...pages, retired: rest })).toMatchObject({
      retired: { keepDays: 30 },
    });
  });
});

describe("redirects of a site", () => {
  it("go to the apex, to www, or nowhere", () => {
    expect(siteRedirects(onPages({ www: "redirect-to-apex" }))).toMatchObject([{ from: "www.alai.no", to: "alai.no" }]);
    expect(siteRedirects(onPages({ www: "redirect-to-www" }))).toMatchObject([{ from: "alai.no", to: "www.alai.no" }]);
    expect(siteRedirects(onPages({ www: "serve" }))).toEqual([]);
    expect(siteRedirects(siteSchema.parse({ state: "to-migrate", ...pages, www: "redirect-to-apex" }))).toEqual([]);
  });
});

describe("what browsers keep of sites", () => {
  const caching = { static: "365d", html: "5m" };

  it("is said once for all sites of a zone that Pages serves", () => {
    const other = siteSchema.parse({ state: "elsewhere", domain: "api.alai.no", zone: "alai.no", target });
    const sites = [onPages({ www: "serve" }), onPages({ domain: "new.alai.no" }), other];
    const hosts = ["alai.no", "www.alai.no", "new.alai.no"];
    expect(siteCacheRules(sites, caching)).toMatchObject([
      { kind: "cache", ref: "sites-static", requests: { hosts, files: "static" }, browserSeconds: 31_536_000 },
      { kind: "cache", ref: "sites-html", requests: { hosts, files: "html" }, browserSeconds: 300 },
    ]);
  });

  it("is as the origin says where nothing is said, or Pages serves nothing", () => {
    expect(siteCacheRules([onPages()], undefined)).toEqual([]);
    expect(siteCacheRules([siteSchema.parse({ state: "to-migrate", ...pages })], caching)).toEqual([]);
  });
});

describe("monitored addresses", () => {
  it("are those of every site that is not excepted, also of paused ones", () => {
    const paused = siteSchema.parse({ state: "paused", domain: "snowit.ba", reason: "API routes" });
    const api = siteSchema.parse({ state: "elsewhere", domain: "api.alai.no", monitor: false });
    expect(monitoredUrls([onPages(), paused, api])).toEqual(["https://alai.no", "https://snowit.ba"]);
  });
});

describe("Pages project", () => {
  it("states both environments and the build", () => {
    const site = onPages();
    if (site.state !== "on-pages") throw new Error("the entry is on Pages");
    const args = pagesProjectArgs("account", "alai-home-web", site);
    const environment = { compatibilityDate: "2026-01-01", buildImageMajorVersion: 3 };
    expect(args.deploymentConfigs).toMatchObject({ preview: environment, production: environment });
    expect(args.buildConfig).toMatchObject({ buildCommand: "next build", destinationDir: "out" });
  });
});

describe("site entry", () => {
  it.each([
    [{ state: "on-pages", ...pages, framework: { kind: "hugo" } }],
    [{ state: "on-pages", ...pages, project: "Bilko.io" }],
    [{ state: "paused", domain: "snowit.ba" }],
    [{ state: "elsewhere", domain: "docs.alai.no", zone: "alai.no" }],
    [{ state: "gone", domain: "docs.alai.no" }],
    [{ state: "retired", ...pages }],
    [{ state: "retired", ...pages, retired: { on: "2026-02-30", reason: "nobody visits it any more" } }],
    [{ state: "retired", ...pages, retired: { on: "2026-02-28", keepDays: 0, reason: "nobody visits it any more" } }],
    [{ state: "retired", ...pages, retired: { on: "2026-02-28", reason: "" } }],
  ])("does not parse %j", (entry) => {
    expect(siteSchema.safeParse(entry).success).toBe(false);
  });
});
