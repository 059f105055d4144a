import { describe, expect, it } from "vitest";
import type { DeliveredStack } from "../../../components/delivery/delivery-plan";
import { pinnedActions } from "../../../components/github-actions/pinned-actions";
import { expression, type Step } from "../../../components/github-actions/workflow";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { plan, StartedWorkflows, started } from "./workflow-fixture";

const { jobs } = started;

describe("the tailnet", () => {
  const joining = jobs.flatMap(({ file, name, job }) =>
    job.steps.flatMap((step) =>
      step.uses === pinnedActions.tailscale ? [{ job: `${file} ${name}`, with: step.with }] : [],
    ),
  );

  it("is joined by no run of a pull request, and by no deployment that needs nothing private", () => {
    expect(joining.map(({ job }) => job)).toEqual([
      "break-glass.yml break-glass-prod / apply",
      "break-glass.yml break-glass-hosts / apply",
      "drift.yml drift (hosts)",
      "up.yml up-prod / apply",
      "up.yml up-hosts / apply",
    ]);
  });

  it("knows previews and deployments apart: by client, and by a tag that reaches no host", () => {
    for (const { job, with: inputs } of joining) {
      const kind = job.startsWith("drift") ? "preview" : "deploy";
      expect(inputs).toMatchObject({
        "oauth-client-id": expression(`vars.TAILNET_${kind.toUpperCase()}_CLIENT_ID`),
        tags: kind === "preview" ? "tag:ci-preview" : "tag:ci",
      });
    }
    for (const { file, name, job } of jobs) {
      const isPreview = /^preview-|^drift| plan$/.test(name);
      if (isPreview) expect(JSON.stringify(job), `${file} ${name}`).not.toContain("TAILNET_DEPLOY");
    }
    const { grants } = loadAlaiInventory().tailnet.tailnet;
    const reached = grants.filter(({ from }) => from.includes("tag:ci-preview"));
    expect(reached.map(({ to, ports }) => [to, ports])).toEqual([
      [["10.20.3.0/26"], ["tcp:443"]],
      [["168.63.129.16/32"], ["udp:53", "tcp:53"]],
    ]);
  });
});

describe("the app at GitHub", () => {
  const tokens = jobs.flatMap(({ file, name, job }) =>
    job.steps.flatMap((step) =>
      step.uses === pinnedActions.githubAppToken ? [{ job: `${file} ${name}`, with: step.with ?? {} }] : [],
    ),
  );
  const levels = (inputs: Step["with"]) =>
    Object.entries(inputs ?? {}).flatMap(([name, level]) => (name.startsWith("permission-") ? [String(level)] : []));

  it("gets tokens for the repositories that the stack manages, with permissions that are stated; none for dev", () => {
    expect(tokens.length).toBeGreaterThan(5);
    const repositories = loadAlaiInventory().repositories.repositories.map(({ name }) => name);
    for (const { job, with: inputs } of tokens.filter(({ job }) => !job.startsWith("cloudflare-addresses.yml"))) {
      expect(job).not.toContain("dev");
      expect(inputs.repositories, job).toBe(job.includes("hosts") ? "alai-infra" : repositories.join(","));
      expect(levels(inputs).length, job).toBeGreaterThan(5);
    }
  });

  it("reaches all repositories of the owner only while it makes one", () => {
    const reached = (repositories: NonNullable<DeliveredStack["repositories"]>) =>
      new StartedWorkflows({ ...plan, stacks: [{ name: "one", approval: "merge", after: [], repositories }] })
        .job("up.yml", "up-one / apply")
        .steps.filter(({ uses }) => uses === pinnedActions.githubAppToken)
        .map((step) => step.with?.repositories);
    expect(reached(["a", "b"])).toEqual(["a,b"]);
    expect(reached("all-of-owner")).toEqual([""]);
    expect(reached([])).toEqual([]);
  });

  it("writes nothing in previews: the comment is the run's own", () => {
    for (const { job, with: inputs } of tokens.filter(({ with: inputs }) =>
      String(inputs["client-id"]).includes("PREVIEWING"),
    )) {
      const written = Object.entries(inputs).flatMap(([name, level]) => (level === "write" ? [name] : []));
      expect(written, job).toEqual([]);
    }
  });
});
