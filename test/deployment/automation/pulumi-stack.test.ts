import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  PulumiCliError,
  RemoteStackNotFoundError,
  StackBusyError,
} from "../../../deployment/automation/automation-errors";
import { LostProtection } from "../../../deployment/automation/lost-protection";
import { PulumiStack } from "../../../deployment/automation/pulumi-stack";
import { OperationLog } from "../../../deployment/display/operation-log";
import type { EngineEvent } from "../../../deployment/engine-event";
import type { OperationKind } from "../../../deployment/operation";
import { expectMasked, forms, secrets } from "../values/secret-forms";
import { type FakePulumi, installFakePulumi } from "./fake-pulumi";

const path = process.env.PATH;
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "automation-"));
  writeFileSync(join(directory, "Pulumi.yaml"), "name: conformance\nruntime: nodejs\n");
});
afterEach(() => {
  process.env.PATH = path;
  for (const name of ["FAKE_LOCKED", "FAKE_CONFIG", "FAKE_EVENTS", "FAKE_API_TOKEN"]) delete process.env[name];
  rmSync(directory, { recursive: true, force: true });
});

const group = "urn:pulumi:dev::conformance::azure-native:resources:ResourceGroup::group";

function fake(run: string, preview?: string): FakePulumi {
  const pulumi = installFakePulumi(join(directory, "bin"), run, preview);
  process.env.PATH = pulumi.path;
  return pulumi;
}

async function run(kind: OperationKind, previewOnly = kind === "preview") {
  const events: EngineEvent[] = [];
  const stack = await PulumiStack.select(directory, "dev");
  const result = await stack.run({
    kind,
    previewOnly,
    targets: [],
    policyPacks: kind === "preview" ? ["policies"] : [],
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
  });
  return { result, events };
}

describe("a stack on the real engine", () => {
  it("passes the engine's events on and counts what changes", async () => {
    const pulumi = fake("recordings/01-preview-create");
    const { result, events } = await run("preview");
    expect(result).toEqual({ result: "succeeded", failure: undefined, changes: { create: 10 } });
    expect(events.filter((event) => event.summaryEvent)).toHaveLength(1);
    expect(events.some((event) => event.policyAnalyzeSummaryEvent)).toBe(true);
    expect(pulumi.commands().find((command) => command.startsWith("preview"))).toContain("--policy-pack policies");
  });

  it.each<[string, OperationKind, boolean, string]>([
    ["recordings/02-create", "up", false, "up --yes --skip-preview"],
    ["recordings/30-refresh-drift", "refresh", false, "refresh --skip-preview --yes"],
    ["recordings/29-refresh-drift-preview", "refresh", true, "refresh --preview-only"],
    ["recordings/38-destroy-preview", "destroy", true, "destroy --preview-only"],
    ["recordings/39-destroy", "destroy", false, "destroy --yes --skip-preview"],
  ])("of %s runs %s (preview only: %s) as `pulumi %s`", async (recording, kind, previewOnly, command) => {
    const pulumi = fake(recording);
    expect((await run(kind, previewOnly)).result.result).toBe("succeeded");
    expect(pulumi.commands().some((line) => line.startsWith(command))).toBe(true);
  });

  it.each([
    ["recordings/21-violation-preview", "policy"],
    ["recordings/25-throws-up", "program"],
    ["recordings-2/19-create-fails", "resource"],
    ["recordings-2/24-check-failure", "resource"],
  ])("tells why %s failed: %s", async (recording, failure) => {
    fake(recording);
    expect((await run("up")).result).toMatchObject({ result: "failed", failure });
  });

  it("gives outputs with secrets masked unless asked for", async () => {
    fake("recordings/02-create");
    const stack = await PulumiStack.select(directory, "dev");
    expect(await stack.outputs(false)).toEqual({ accountName: "account", owner: "[secret]" });
    expect(await stack.outputs(true)).toEqual({ accountName: "account", owner: "canary-output-value" });
  });

  it("knows what is protected, without asking for secrets in clear text", async () => {
    const pulumi = fake("recordings/02-create");
    const stack = await PulumiStack.select(directory, "dev");
    expect(await stack.protectedResources()).toEqual([group]);
    expect(pulumi.commands().find((command) => command.startsWith("stack export"))).not.toContain("--show-secrets");
  });

  it("that the backend does not have is an error of its own", async () => {
    fake("recordings/02-create");
    await expect(PulumiStack.select(directory, "prod")).rejects.toThrow(RemoteStackNotFoundError);
  });

  it.each(Object.entries(secrets))(
    "says %s of its configuration in no form, nor in its errors",
    async (_what, secret) => {
      fake("recordings/25-throws-up");
      process.env.FAKE_CONFIG = JSON.stringify({ "landscape:key": { value: secret, secret: true } });
      const said = Object.values(forms).map((write) => `before ${write(secret)} after`);
      const events = said.map((message, sequence) => ({
        ...{ sequence, timestamp: 1 },
        diagnosticEvent: { message, prefix: "error: ", color: "never", severity: "error" },
      }));
      process.env.FAKE_EVENTS = join(directory, "events.jsonl");
      writeFileSync(process.env.FAKE_EVENTS, events.map((event) => JSON.stringify(event)).join("\n"));
      const shown = (await run("up")).events.flatMap(({ diagnosticEvent }) => diagnosticEvent?.message ?? []);
      expect(shown).toHaveLength(said.length);
      for (const message of shown) expectMasked(message, secret);
    },
  );

  it("says no token of its environment when the CLI repeats it", async () => {
    fake("recordings/25-throws-up");
    process.env.FAKE_API_TOKEN = "token-0123456789";
    process.env.FAKE_LOCKED = "user@token-0123456789";
    const error = await run("up").catch((thrown: unknown) => String(thrown));
    expect(error).toContain("[secret]");
  });

  it("that another process works on is an error of its own", async () => {
    fake("recordings/02-create");
    process.env.FAKE_LOCKED = "1";
    await expect(run("up")).rejects.toThrow(StackBusyError);
  });

  it("without a pulumi on the PATH says how to get one", async () => {
    process.env.PATH = directory;
    await expect(PulumiStack.select(directory, "dev")).rejects.toThrow(PulumiCliError);
    await expect(PulumiStack.select(directory, "dev")).rejects.toThrow(/no pulumi on the PATH.*get\.pulumi\.com/s);
  });
});

describe("a destroy of what is protected on the real engine", () => {
  const destroy = (stack: PulumiStack, previewOnly: boolean) => {
    const log = new OperationLog();
    const emit = (event: EngineEvent) => log.record(event);
    const { signal } = new AbortController();
    const request = {
      kind: "destroy" as const,
      previewOnly,
      targets: [],
      policyPacks: [],
      unprotected: [group],
      emit,
      signal,
    };
    return stack.run(request).then((result) => ({ result: result.result, log }));
  };
  const stateChanges = (pulumi: FakePulumi) => pulumi.commands().filter((command) => command.startsWith("state "));

  it("is previewed as it would be without protection, and changes no state", async () => {
    const pulumi = fake("recordings/36-unprotected-delete", "recordings/26-protected-delete-preview");
    const { result, log } = await destroy(await PulumiStack.select(directory, "dev"), true);
    expect(result).toBe("succeeded");
    expect(log.diagnostics.errors).toEqual([]);
    expect(log.counts.of("delete")).toBe(1);
    expect(log.summary?.succeeded).toBe(true);
    expect(stateChanges(pulumi)).toEqual([]);
  });

  it("is still refused by a preview that another resource fails", async () => {
    fake("recordings-2/95-destroy-protected");
    const { result, log } = await destroy(await PulumiStack.select(directory, "dev"), true);
    expect(result).toBe("failed");
    expect(log.diagnostics.errors[0]?.message).toContain("is protected");
  });

  it("takes the protection off what dies only, and leaves no note of it behind", async () => {
    const pulumi = fake("recordings/36-unprotected-delete", "recordings/26-protected-delete-preview");
    const stack = await PulumiStack.select(directory, "dev");
    expect((await destroy(stack, false)).result).toBe("succeeded");
    expect(stateChanges(pulumi)).toEqual([`state unprotect ${group} --yes --stack dev --non-interactive`]);
    expect(stack.withoutProtection).toEqual([]);
  });

  it("protects again what a failed destroy left", async () => {
    // The group is in this run's state still.
    const failing = fake("recordings/25-throws-up", "recordings/26-protected-delete-preview");
    expect((await destroy(await PulumiStack.select(directory, "dev"), false)).result).toBe("failed");
    expect(stateChanges(failing)).toEqual([
      `state unprotect ${group} --yes --stack dev --non-interactive`,
      `state protect ${group} --yes --stack dev --non-interactive`,
    ]);
  });

  it("of a locked stack takes no protection away", async () => {
    const pulumi = fake("recordings/36-unprotected-delete", "recordings/26-protected-delete-preview");
    process.env.FAKE_LOCKED = "1";
    const stack = await PulumiStack.select(directory, "dev");
    await expect(destroy(stack, false)).rejects.toThrow(StackBusyError);
    expect(stack.withoutProtection).toEqual([]);
    expect(pulumi.commands().some((command) => command.startsWith("destroy"))).toBe(false);
  });

  it("that was killed in the middle is made good by the next operation, and is told of until then", async () => {
    const pulumi = fake("recordings/02-create");
    const before = await PulumiStack.select(directory, "dev");
    await new LostProtection(directory, "dev").write([group, "urn:pulumi:dev::conformance::gone:index:Type::gone"]);
    execFileSync(join(directory, "bin", "pulumi"), ["state", "unprotect", group]);
    expect(before.withoutProtection).toContain(group);
    await run("preview");
    expect(stateChanges(pulumi)).toHaveLength(1);
    await run("up");
    expect(stateChanges(pulumi).slice(1)).toEqual([`state protect ${group} --yes --stack dev --non-interactive`]);
    expect(before.withoutProtection).toEqual([]);
  });
});

describe("a preview environment on the real engine", () => {
  const provider = "azurekeyvault://vault.example/keys/preview";

  it("is made with the secrets provider of its file when it is not there, listed, and removed", async () => {
    const pulumi = fake("recordings/02-create");
    writeFileSync(join(directory, "Pulumi.pr-12.yaml"), `secretsprovider: ${provider}\nconfig: {}\n`);
    const stack = await PulumiStack.selectOrMake(directory, "pr-12");
    expect(pulumi.commands()).toContain(`stack init pr-12 --secrets-provider ${provider} --non-interactive`);
    expect(await PulumiStack.list(directory)).toEqual(["dev", "pr-12"]);
    await stack.forget();
    expect(pulumi.commands()).toContain("stack rm pr-12 --yes --non-interactive");
    expect(await PulumiStack.list(directory)).toEqual(["dev"]);
  });

  it("that is there is taken as it is", async () => {
    const pulumi = fake("recordings/02-create");
    await PulumiStack.selectOrMake(directory, "dev");
    expect(pulumi.commands().filter((command) => command.startsWith("stack init"))).toEqual([]);
  });
});
