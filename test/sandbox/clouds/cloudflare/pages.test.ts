import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { cloudflareProvider } from "../../../../sandbox/clouds/cloudflare";
import { CloudSession, seededWorld } from "../cloud-session";

const project = "cloudflare:index/pagesProject:PagesProject";
const domain = "cloudflare:index/pagesDomain:PagesDomain";
const accountId = "5a1d0c0de0000000000000000000acc1";
const minimal: PropertyMap = { accountId, name: "alai-new-web", productionBranch: "main" };
const stage = { compatibilityDate: "2026-01-01", buildImageMajorVersion: 3 };
const complete: PropertyMap = {
  ...minimal,
  buildConfig: { buildCommand: "next build", destinationDir: "out" },
  deploymentConfigs: { preview: stage, production: stage },
};

function newSession() {
  const world = seededWorld();
  return { world, session: new CloudSession(cloudflareProvider(world)) };
}

describe("a Pages project", () => {
  it("serves a name under pages.dev", async () => {
    const made = await newSession().session.create(project, "site", complete);
    expect(made.id).toBe("alai-new-web");
    expect(made.outputs).toMatchObject({ subdomain: "alai-new-web.pages.dev" });
  });

  it("differs on refresh when build and deployment settings are left out", async () => {
    const { session } = newSession();
    const made = await session.create(project, "site", minimal);
    const refreshed = await session.refresh(made);
    expect(made.outputs.buildConfig).toBeUndefined();
    expect(refreshed?.inputs).toMatchObject({
      buildConfig: { buildCaching: false },
      deploymentConfigs: { preview: { failOpen: true }, production: { buildImageMajorVersion: 3 } },
    });
    const now = { ...made, inputs: refreshed?.inputs ?? {} };
    expect([...(await session.diff(now, minimal)).diffs].sort()).toEqual(["buildConfig", "deploymentConfigs"]);
  });

  it("stays the same on refresh when both environments set what the service would", async () => {
    const { session } = newSession();
    const made = await session.create(project, "site", complete);
    expect((await session.refresh(made))?.inputs).toEqual(made.inputs);
  });

  it("differs on refresh when one environment is left out", async () => {
    const { session } = newSession();
    const made = await session.create(project, "site", { ...complete, deploymentConfigs: { production: stage } });
    expect((await session.refresh(made))?.inputs.deploymentConfigs).toHaveProperty("preview");
  });

  it("has a name of 1 to 58 lower-case letters, digits and dashes", async () => {
    const { session } = newSession();
    for (const name of ["", "Upper", "under_score", "-dash", "dash-", "x".repeat(59)]) {
      expect(await session.failures(project, { ...minimal, name }), name).toHaveLength(1);
    }
    for (const name of ["x", "x".repeat(58)]) expect(await session.failures(project, { ...minimal, name })).toEqual([]);
  });

  it("is refused when its name is taken or its account is not there", async () => {
    const { session } = newSession();
    await expect(session.create(project, "site", { ...minimal, name: "bilko-io" })).rejects.toThrow('Code="8000002"');
    await expect(session.create(project, "site", { ...minimal, accountId: "none" })).rejects.toThrow('Code="7003"');
  });

  it("is imported by account and name, with what it has", async () => {
    const found = await newSession().session.import(project, `${accountId}/bilko-io`);
    expect(found).toMatchObject({
      id: "bilko-io",
      inputs: { name: "bilko-io", productionBranch: "main", buildConfig: { buildCommand: "" } },
    });
    expect(found?.inputs).toMatchObject({
      deploymentConfigs: { preview: { failOpen: true, buildImageMajorVersion: 3 } },
    });
    expect(await newSession().session.import(project, `${accountId}/nothing`)).toBeUndefined();
  });

  it("changes in place except for its name", async () => {
    const { session } = newSession();
    const made = await session.create(project, "site", complete);
    expect((await session.diff(made, { ...complete, productionBranch: "release" })).replaces).toEqual([]);
    expect((await session.diff(made, { ...complete, name: "other" })).replaces).toEqual(["name"]);
    const updated = await session.update(made, { ...complete, productionBranch: "release" });
    expect(updated.outputs).toMatchObject({ productionBranch: "release", createdOn: made.outputs.createdOn });
  });

  it("is not deleted while it has custom domains", async () => {
    const { session } = newSession();
    const made = await session.create(project, "site", complete);
    const attached = await session.create(domain, "www", {
      accountId,
      projectName: "alai-new-web",
      name: "new.alai.no",
    });
    await expect(session.delete(made)).rejects.toThrow("new.alai.no");
    await session.delete(attached);
    await session.delete(made);
  });
});

describe("a Pages domain", () => {
  const inputs: PropertyMap = { accountId, projectName: "bilko-io", name: "bilko.io" };

  it("makes no DNS record", async () => {
    const { world, session } = newSession();
    const made = await session.create(domain, "apex", inputs);
    expect(made.outputs).toMatchObject({ status: "active", zoneTag: "c0de0000000000000000000000000003" });
    expect(world.objects().filter(({ kind }) => kind.includes("dnsRecord"))).toEqual([]);
  });

  it("stays pending when no zone of ours holds it", async () => {
    const made = await newSession().session.create(domain, "elsewhere", { ...inputs, name: "www.example.net" });
    expect(made.outputs).toMatchObject({ status: "pending", zoneTag: "" });
  });

  it("is refused when it is already on a project, or the project is not there", async () => {
    const { session } = newSession();
    await session.create(domain, "apex", inputs);
    const again = { ...inputs, projectName: "alai-home-web" };
    await expect(session.create(domain, "again", again)).rejects.toThrow(/8000018.*belongs to project bilko-io/);
    const nowhere = { ...inputs, name: "x.bilko.io", projectName: "nothing" };
    await expect(session.create(domain, "nowhere", nowhere)).rejects.toThrow('Code="8000007"');
  });

  it("is among the domains that a look-up of its project gives", async () => {
    const { session } = newSession();
    await session.create(domain, "apex", inputs);
    const found = await session.invoke("cloudflare:index/getPagesProject:getPagesProject", { projectName: "bilko-io" });
    expect(found).toMatchObject({ subdomain: "bilko-io.pages.dev", domains: ["bilko-io.pages.dev", "bilko.io"] });
  });
});
