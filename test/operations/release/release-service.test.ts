import { describe, expect, it } from "vitest";
import type { ImageCopy, ListedApp, ServiceChange } from "../../../operations/delivery/app-traffic";
import { AzureContainerApps } from "../../../operations/delivery/azure-container-apps";
import type { RunState } from "../../../operations/delivery/changed-jobs";
import { releaseService, type ServiceOrder } from "../../../operations/release/release-service";
import type { ReleaseTools } from "../../../operations/release/run-release";
import { tellOfRelease } from "../../../operations/release/tell-release";
import { LocalServer, served } from "../delivery/local-server";

const digest = `sha256:${"a".repeat(64)}`;
const before = "prod.azurecr.io/migrations@sha256:before";
const image = `prod.azurecr.io/migrations@${digest}`;
const staging = { stack: "s-staging", subscription: "sub-staging", environment: "staging" };
const appId = "/subscriptions/sub-prod/resourceGroups/g/providers/Microsoft.App/jobs/migrations";
const order: ServiceOrder = {
  ...{ kind: "job", service: "migrations", appId, by: "ada", readyMinutes: 5, image, canary: false },
  ...{ runs: true, snapshot: "the-snapshot", staging },
};

/** A cloud of one job, which notes what is asked of it. */
class OneJob {
  readonly asked: string[] = [];
  image = before;
  text: string | undefined;
  states: Readonly<Record<string, RunState>> = {};
  copying: () => void = () => undefined;
  dies: string | undefined;
  apps: readonly ListedApp[] = [
    { id: "a", service: "api", environment: "staging", image: `staging.azurecr.io/api@${digest}` },
  ];

  private ask(what: string): void {
    this.asked.push(what);
    if (this.dies === what) throw new Error("killed");
  }

  private async keep(text: string): Promise<void> {
    this.text = text;
  }

  tools(): ReleaseTools {
    const unused = () => Promise.reject(new Error("a job is asked nothing of this"));
    return {
      clock: { now: () => 0, wait: async () => undefined },
      say: () => undefined,
      alerts: { list: unused, write: unused, remove: unused },
      tellKeptBack: unused,
      journals: {
        readText: async () => this.text,
        holdText: async (_id, _refusal, work) => work((text) => this.keep(text)),
      },
      cloud: {
        ...{ revisions: unused, activate: unused, answers: unused, firingAlerts: unused, errorBudgets: unused },
        newest: unused,
        apps: async () => this.apps,
        running: async () => ({
          ...{ image: this.image, splits: false, traffic: undefined, registries: [], latest: "", latestReady: "" },
        }),
        copyImage: async ({ from, subscriptions }: ImageCopy) => {
          this.ask(`copy from ${from} in ${subscriptions.from} to ${subscriptions.image}`);
          this.copying();
        },
        change: async (_id: string, change: ServiceChange) => {
          this.ask("change");
          this.image = change.image ?? this.image;
        },
        start: async (id: string) => {
          this.ask(`start ${id.split("/").at(-1)}`);
          return `run-of-${id.split("/").at(-1)}`;
        },
        state: async (_id: string, run: string) => this.states[run] ?? "succeeded",
      },
    };
  }
}

const copied = "copy from staging.azurecr.io in sub-staging to sub-prod";

describe("a job that migrates", () => {
  it("runs with an image from where it was tried, after a dump of the databases", async () => {
    const job = new OneJob();
    expect(await releaseService(order, job.tools())).toMatchObject({ outcome: "released" });
    expect(job.asked).toEqual([copied, "start the-snapshot", "change", "start migrations"]);
  });

  it("is not touched when the dump fails", async () => {
    const job = new OneJob();
    job.states = { "run-of-the-snapshot": "failed" };
    expect(await releaseService(order, job.tools())).toEqual({
      outcome: "refused",
      text: "run-of-the-snapshot, which dumps the databases first, failed; nothing was migrated",
    });
    expect([job.asked.at(-1), job.image]).toEqual(["start the-snapshot", before]);
    // And is not gone on with as if it had been: the next one dumps again.
    job.states = {};
    expect(await releaseService(order, job.tools())).toMatchObject({ outcome: "released" });
    expect(job.asked.filter((what) => what === "start the-snapshot")).toHaveLength(2);
  });

  it("is dumped before once, however often it is interrupted after that", async () => {
    const job = new OneJob();
    job.dies = "change";
    await expect(releaseService(order, job.tools())).rejects.toThrow("killed");
    job.dies = undefined;
    expect(await releaseService(order, job.tools())).toMatchObject({ outcome: "released" });
    expect(job.asked.filter((what) => what === "start the-snapshot")).toHaveLength(1);
  });

  it("is not run when its schedule runs it, so that nothing is dumped", async () => {
    const job = new OneJob();
    expect(await releaseService({ ...order, runs: false }, job.tools())).toMatchObject({ outcome: "released" });
    expect(job.asked).toEqual([copied, "change"]);
  });
});

describe("an image", () => {
  it("is copied from another registry of ours only", async () => {
    for (const tried of [`prod.azurecr.io/api@${digest}`, `ghcr.io/alai-org/api@${digest}`]) {
      const job = new OneJob();
      job.apps = [{ id: "a", service: "api", environment: "staging", image: tried }];
      await releaseService(order, job.tools());
      expect(job.asked[0]).toBe("start the-snapshot");
    }
  });

  it("that the other registry has not, or may not be read, is released to nobody", async () => {
    const job = new OneJob();
    job.copying = () => {
      throw Object.assign(new Error("no such manifest"), { status: 404 });
    };
    expect(await releaseService(order, job.tools())).toEqual({
      outcome: "refused",
      text: "it cannot be copied from staging.azurecr.io: no such manifest",
    });
    expect(job.asked).toEqual([copied]);
  });

  it("is asked of Azure by its digest, between the registries of these names", async () => {
    const registry = (name: string) => ({
      id: `/registries/${name}`,
      properties: { loginServer: `${name}.azurecr.io` },
    });
    await served(
      ({ path }) => ({
        status: 200,
        body: { value: path.includes("/sub-prod/") ? [registry("other"), registry("Prod")] : [registry("staging")] },
      }),
      async (endpoint, server) => {
        const azure = new AzureContainerApps({ endpoint, token: async () => "canary-token" });
        await azure.copyImage({
          ...{ image, from: "staging.azurecr.io", subscriptions: { image: "sub-prod", from: "sub-staging" } },
        });
        const sent = server.seen.at(-1);
        expect(`${sent?.method} ${sent?.path}`).toBe("POST /registries/Prod/importImage?api-version=2023-07-01");
        expect(JSON.parse(sent?.body ?? "")).toEqual({
          source: { resourceId: "/registries/staging", sourceImage: `migrations@${digest}` },
          untaggedTargetRepositories: ["migrations"],
          mode: "Force",
        });
      },
    );
  });
});

describe("a channel", () => {
  async function told(ends: Parameters<typeof tellOfRelease>[0], status = 200) {
    const server = await LocalServer.start(() => ({ status }));
    try {
      const problem = await tellOfRelease(ends, { stack: "prod", by: "ada", webhook: `${server.url}/hook-4711` });
      return { problem, texts: server.seen.map(({ body }) => JSON.parse(body).text) };
    } finally {
      await server.stop();
    }
  }
  const api = { service: "api", outcome: "released", text: "sha256:abc serves all requests" } as const;

  it("is told once what a release came to, and how it ended", async () => {
    expect(await told([api])).toEqual({
      problem: undefined,
      texts: [":white_check_mark: prod, by ada\n• api released: sha256:abc serves all requests"],
    });
    const back = { service: "api", outcome: "rolled-back", text: "it answered 90 % well" } as const;
    const [text] = (await told([back, { service: "web", outcome: "not begun", text: "what comes before" }])).texts;
    expect(text).toBe(
      ":warning: prod, by ada\n• api rolled-back: it answered 90 % well\n• web not begun: what comes before",
    );
  });

  it("hears nothing of what ran already, and who releases hears when it was not told, without its address", async () => {
    expect((await told([{ service: "api", outcome: "unchanged", text: "it runs that digest" }])).texts).toEqual([]);
    expect(await tellOfRelease([api], { stack: "prod", by: "ada", webhook: undefined })).toBeUndefined();
    const { problem } = await told([api], 404);
    expect(problem).toBe("the channel was not told: Slack answered 404");
  });
});
