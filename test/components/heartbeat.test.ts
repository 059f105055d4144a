import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, it } from "vitest";
import { Heartbeat, type HeartbeatArgs } from "../../components/heartbeat/heartbeat";
import { heartbeatSchema } from "../../components/heartbeat/schema";
import { CommitQueue } from "../../components/repository/repository-files";
import { azureRoles } from "../../lib/azure/built-in-roles";
import { jobSurroundings } from "./job-placement";
import { lasting, SeededSandbox } from "./seeded-sandbox";
import { missingSettings } from "./watch-script-settings";

const entry = heartbeatSchema.parse({
  name: "anvil",
  repository: "alai-infra",
  runbook: "https://docs.example.com/anvil",
});
const secrets = ["canary-health-url", "canary-webhook", "canary-escalation"] as const;
let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

function args(changes: Partial<HeartbeatArgs> = {}): HeartbeatArgs {
  const [healthUrl, slackWebhook, escalationWebhook] = secrets;
  return {
    context: lasting,
    heartbeat: entry,
    commits: new CommitQueue(),
    healthUrl: pulumi.secret(healthUrl),
    slackWebhook: pulumi.secret(slackWebhook),
    escalationWebhook: pulumi.secret(escalationWebhook),
    ...changes,
  };
}

describe("Heartbeat", () => {
  it("makes workflow, script, label, secrets and variables", async () => {
    const { changes, outputs } = await sandbox.upTwice(() => {
      const heartbeat = new Heartbeat("anvil", args());
      return { path: heartbeat.workflowPath };
    });
    expect(changes).toEqual({ create: 10 });
    expect(outputs).toEqual({ path: ".github/workflows/heartbeat-anvil.yml" });
    const variables = await sandbox.resources("github:index/actionsVariable:ActionsVariable");
    expect([...variables.values()].map(({ inputs }) => [inputs.variableName, inputs.value])).toEqual([
      ["HEARTBEAT_ANVIL_ALERT_AFTER", "2"],
      ["HEARTBEAT_ANVIL_ESCALATE_AFTER", "5"],
    ]);
  });

  it("commits the workflow last, when all it reads is there", async () => {
    await sandbox.deployment.up(() => new Heartbeat("anvil", args()));
    const files = await sandbox.resources("github:index/repositoryFile:RepositoryFile");
    const workflow = files.get("anvil-.github/workflows/heartbeat-anvil.yml");
    const waitsFor = (part: string) => workflow?.dependencies.some((urn) => urn.includes(part));
    expect(["heartbeat/anvil.mjs", "_ESCALATION_WEBHOOK", "_ALERT_AFTER", "issueLabel"].map(waitsFor)).toEqual([
      true,
      true,
      true,
      true,
    ]);
  });

  it("does everything at once: second watcher and transforms", async () => {
    await sandbox.upTwice(() => {
      const { placement, secret, container } = jobSurroundings();
      const heartbeat = new Heartbeat(
        "anvil",
        args({
          heartbeat: { ...entry, alertAfter: 3, escalateAfter: 6, channel: "#drill" },
          secondWatcher: {
            ...placement,
            healthUrl: secret("health-url"),
            slackWebhook: secret("slack-ops"),
            escalationWebhook: secret("slack-escalation"),
            container,
            github: { owner: "alai-org", token: secret("github-read"), tenantId: "tenant" },
          },
          transform: {
            file: { commitMessage: "heartbeat" },
            label: { color: "ff0000" },
            secret: (_args, opts) => void Object.assign(opts, { retainOnDelete: true }),
            variable: (_args, opts) => void Object.assign(opts, { retainOnDelete: true }),
            job: { tags: { Service: "heartbeat" } },
          },
        }),
      );
      return { watcher: heartbeat.secondWatcherId };
    });
    const job = (await sandbox.resources("azure-native:app:Job")).get("anvil-watcher");
    expect(job?.inputs).toMatchObject({
      tags: { Service: "heartbeat" },
      configuration: {
        triggerType: "Schedule",
        scheduleTriggerConfig: { cronExpression: "* * * * *" },
        // A run that is tried again would count a failure twice.
        replicaRetryLimit: 0,
        replicaTimeout: 55,
      },
    });
    const reader = [...(await sandbox.resources("azure-native:authorization:RoleAssignment")).values()].find(
      ({ inputs }) => inputs.scope === job?.id,
    );
    expect(reader?.inputs.roleDefinitionId).toContain(azureRoles.Reader);
    const federated = await sandbox.resources("azure-native:managedidentity:FederatedIdentityCredential");
    expect([...federated.values()].map(({ inputs }) => inputs.subject)).toEqual([
      "repo:alai-org/alai-infra:ref:refs/heads/main",
    ]);
    const text = JSON.stringify(job?.inputs);
    const given = [...text.matchAll(/"name":"([A-Z_]+)"/g)].map(([, name]) => name);
    expect(missingSettings(given, /^(WATCHER_|ACTIONS_|IDENTITY_)/)).toEqual([]);
    expect(text).toContain('{"name":"CHANNEL","value":"#drill"}');
    expect(text).toContain('{"name":"WORKFLOW_FILE","value":"heartbeat-anvil.yml"}');
    expect(text).toContain('{"name":"GITHUB_REPOSITORY","value":"alai-org/alai-infra"}');
  });

  it("shows no secret in state, events or files", async () => {
    const { events } = await sandbox.upTwice(() => new Heartbeat("anvil", args()));
    const shown = (await sandbox.deployment.stateText()) + JSON.stringify(events);
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });

  it("refuses an escalation that comes no later than the alert", async () => {
    const program = () => new Heartbeat("anvil", args({ heartbeat: { ...entry, alertAfter: 5, escalateAfter: 5 } }));
    expect(await sandbox.refusal(program)).toContain(
      'Heartbeat "anvil": escalateAfter: expected more than alertAfter, got 5',
    );
  });

  it.each([
    ["no tunnel is given where one is declared", {}, "give its address as healthUrl"],
    [
      "a tunnel is given that nobody uses",
      { via: "tailnet", tag: "tag:watcher", url: "http://primary.example:8099/health" } as const,
      "leave healthUrl out",
    ],
  ])("is refused when %s", async (_why, github, message) => {
    const declared = "via" in github ? { ...entry, reach: { ...entry.reach, github } } : entry;
    const given = "via" in github ? {} : { healthUrl: undefined };
    const refusal = await sandbox.refusal(() => new Heartbeat("anvil", args({ heartbeat: declared, ...given })));
    expect(refusal).toContain(message);
  });
});
