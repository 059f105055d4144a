import { beforeEach, describe, expect, it } from "vitest";
import { Heartbeat, type HeartbeatArgs } from "../../components/heartbeat/heartbeat";
import { heartbeatSchema } from "../../components/heartbeat/schema";
import { CommitQueue } from "../../components/repository/repository-files";
import { azureRoles } from "../../lib/azure/built-in-roles";
import { mayDeploy } from "../../sandbox/clouds/github/environment";
import { jobSurroundings } from "./job-placement";
import { lasting, SeededSandbox } from "./seeded-sandbox";
import { missingSettings } from "./watch-script-settings";

const entry = heartbeatSchema.parse({
  name: "anvil",
  repository: "alai-infra",
  runbook: "https://docs.example.com/anvil",
});
let sandbox: SeededSandbox;

beforeEach(() => {
  sandbox = new SeededSandbox();
});

function args(changes: Partial<HeartbeatArgs> = {}): HeartbeatArgs {
  return { context: lasting, heartbeat: entry, commits: new CommitQueue(), ...changes };
}

describe("Heartbeat", () => {
  it("makes workflow, script, label, secrets and variables", async () => {
    const { changes, outputs } = await sandbox.upTwice(() => {
      const heartbeat = new Heartbeat("anvil", args());
      return { path: heartbeat.workflowPath };
    });
    expect(changes).toEqual({ create: 12 });
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
            github: { owner: "alai-org", subjects: "both", token: secret("github-read"), tenantId: "tenant" },
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
      "repo:alai-org/alai-infra:environment:heartbeat-anvil",
      expect.stringMatching(/^repo:alai-org@1000001\/alai-infra@\d+:environment:heartbeat-anvil$/),
    ]);
    const text = JSON.stringify(job?.inputs);
    const given = [...text.matchAll(/"name":"([A-Z_]+)"/g)].map(([, name]) => name);
    expect(missingSettings(given, /^(WATCHER_|ACTIONS_|IDENTITY_)/)).toEqual([]);
    expect(text).toContain('{"name":"CHANNEL","value":"#drill"}');
    expect(text).toContain('{"name":"WORKFLOW_FILE","value":"heartbeat-anvil.yml"}');
    expect(text).toContain('{"name":"GITHUB_REPOSITORY","value":"alai-org/alai-infra"}');
  });

  it("keeps its secrets in an environment of its own, which only its branch reaches, and knows none of them", async () => {
    await sandbox.upTwice(() => new Heartbeat("anvil", args()));
    const secrets = await sandbox.resources("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret");
    expect([...secrets.values()].map(({ inputs }) => [inputs.environment, inputs.secretName])).toEqual([
      ["heartbeat-anvil", "HEARTBEAT_ANVIL_URL"],
      ["heartbeat-anvil", "HEARTBEAT_ANVIL_WEBHOOK"],
      ["heartbeat-anvil", "HEARTBEAT_ANVIL_ESCALATION_WEBHOOK"],
    ]);
    expect(await sandbox.existing("github:index/actionsSecret:ActionsSecret")).toEqual([]);
    const deploying = await sandbox.world.transact((world) =>
      ["refs/heads/main", "refs/heads/fix", "refs/pull/7/merge"].filter((ref) =>
        mayDeploy(world, "alai-infra", "heartbeat-anvil", ref),
      ),
    );
    expect(deploying).toEqual(["refs/heads/main"]);
  });

  it("asks for no tunnel's address where GitHub joins the tailnet", async () => {
    const github = { via: "tailnet", tag: "tag:watcher", url: "http://primary.example:8099/health" } as const;
    const heartbeat = { ...entry, reach: { ...entry.reach, github } };
    await sandbox.upTwice(() => new Heartbeat("anvil", args({ heartbeat })));
    const secrets = await sandbox.resources("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret");
    expect([...secrets.values()].map(({ inputs }) => inputs.secretName)).not.toContain("HEARTBEAT_ANVIL_URL");
  });

  it("refuses an escalation that comes no later than the alert", async () => {
    const program = () => new Heartbeat("anvil", args({ heartbeat: { ...entry, alertAfter: 5, escalateAfter: 5 } }));
    expect(await sandbox.refusal(program)).toContain(
      'Heartbeat "anvil": escalateAfter: expected more than alertAfter, got 5',
    );
  });
});
