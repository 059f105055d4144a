import { describe, expect, it } from "vitest";
import { rollbackWorkflow } from "../../components/static-site/site-files";
import { shippedProgram } from "../../programs/bundle";
import { type Answer, type Received, runScript, startServer } from "./script-run";

const script = shippedProgram("programs/jobs/rollback.ts").text;
const earlier = "0a1b2c3d-1111-4222-8333-444455556666";

async function rollBack(deployment: string, answer: (request: Received, call: number) => Answer) {
  let calls = 0;
  const cloudflare = await startServer((request) => {
    calls += 1;
    return request.headers.authorization === "Bearer pages-token" ? answer(request, calls) : { status: 403 };
  });
  const result = await runScript(script, {
    CLOUDFLARE_API: cloudflare.url,
    CLOUDFLARE_ACCOUNT_ID: "account",
    CLOUDFLARE_API_TOKEN: "pages-token",
    PROJECT: "alai-home-web",
    DEPLOYMENT: deployment,
    POLL_SECONDS: "0",
  });
  return { ...result, requests: cloudflare.received.map(({ method, url }) => `${method} ${url}`) };
}

const ok = (result: unknown): Answer => ({ status: 200, body: { success: true, result } });
const stage = (name: string, status: string) => ok({ id: "new", latest_stage: { name, status } });

describe("rollback", () => {
  it("lists the last deployments when it is given none", async () => {
    const trigger = { metadata: { commit_message: "fix the footer\n\nbody" } };
    const made = { id: earlier, created_on: "2026-04-20T08:00:00Z", deployment_trigger: trigger };
    const { exitCode, output, requests } = await rollBack("", () => ok([made]));
    expect(exitCode).toBe(0);
    expect(output).toBe(`${earlier}  2026-04-20T08:00:00Z  fix the footer\n`);
    expect(requests).toEqual([
      "GET /accounts/account/pages/projects/alai-home-web/deployments?env=production&per_page=10",
    ]);
  });

  it("retries the deployment and waits until it is live", async () => {
    const answers = [ok({ id: "new" }), stage("build", "active"), stage("deploy", "success")];
    const { exitCode, output, requests } = await rollBack(
      earlier,
      (_request, call) => answers[call - 1] ?? { status: 500 },
    );
    expect(exitCode).toBe(0);
    expect(output).toContain(`Live: new, a copy of ${earlier}`);
    const base = "/accounts/account/pages/projects/alai-home-web/deployments";
    expect(requests).toEqual([`POST ${base}/${earlier}/retry`, `GET ${base}/new`, `GET ${base}/new`]);
  });

  it.each<[string, Answer[], string]>([
    [
      "a failed deployment",
      [ok({ id: "new" }), stage("deploy", "failure")],
      "::error::deployment new ended with: deploy failure",
    ],
    [
      "a deployment that is never live",
      [ok({ id: "new" }), ...Array.from({ length: 30 }, () => stage("deploy", "active"))],
      "::error::deployment new was not live after a minute: deploy active",
    ],
    [
      "a refusal",
      [{ status: 404, body: { success: false, errors: [{ code: 8000009, message: "not found" }] } }],
      `Cloudflare answered 404 to POST /${earlier}/retry: 8000009 not found`,
    ],
  ])("fails on %s", async (_name, answers, message) => {
    const { exitCode, output } = await rollBack(earlier, (_request, call) => answers[call - 1] ?? { status: 500 });
    expect(exitCode).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toContain("pages-token");
  });

  it("asks Cloudflare nothing about an id that is none", async () => {
    const { exitCode, output, requests } = await rollBack("../../purge", () => ok({}));
    expect({ exitCode, requests }).toEqual({ exitCode: 1, requests: [] });
    expect(output).toContain("the deployment id must be hexadecimal digits and dashes");
  });

  it("is what the workflow runs", () => {
    const [step] = rollbackWorkflow({ kind: "variable" }).jobs.rollback?.steps ?? [];
    expect(step?.run).toBe(`node --input-type=module <<'ROLLBACK'\n${script}ROLLBACK\n`);
  });
});
