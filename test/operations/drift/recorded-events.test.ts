import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { OperationLog } from "../../../deployment/display/operation-log";
import type { EngineEvent } from "../../../deployment/engine-event";
import { loadPolicyPack } from "../../../deployment/policies/load-policy-pack";
import { findCloudDifferences, findProgramDifferences } from "../../../operations/drift/differences";
import { findDrift } from "../../../operations/drift/find-drift";
import { repositoryRoot } from "../../stacks/alai-world";

const recordings = join(repositoryRoot, "test", "fixtures", "real-engine", "recordings");

/** What the real engine wrote while it ran. */
function recorded(name: string, edit = (text: string) => text): OperationLog {
  const log = new OperationLog();
  for (const line of edit(readFileSync(join(recordings, name, "events.jsonl"), "utf8"))
    .trim()
    .split("\n")) {
    const event: EngineEvent = JSON.parse(line);
    log.record(event);
  }
  return log;
}

const httpsOff = { path: "enableHttpsTrafficOnly", before: "true", after: "false" };

describe("events of the real engine", () => {
  it("of a clean refresh and an unchanged program: no drift", () => {
    expect(findCloudDifferences(recorded("28-refresh-clean"))).toEqual([]);
    expect(findProgramDifferences(recorded("03-no-change"))).toEqual([]);
  });

  it.each(["29-refresh-drift-preview", "30-refresh-drift"])("%s: the property that was changed", (name) => {
    expect(findCloudDifferences(recorded(name))).toMatchObject([
      { kind: "changed", name: "account", type: "azure-native:storage:StorageAccount", properties: [httpsOff] },
    ]);
  });

  it("of a long text: what differs, wherever it is; of an added one all", () => {
    const rest = "deny ".repeat(60);
    const [before, after] = [
      { rule: `${rest}10.0.0.1 ${rest}` },
      { rule: `${rest}0.0.0.0 ${rest}`, added: `${rest}*:*` },
    ];
    const changed = recorded("29-refresh-drift-preview", (text) =>
      text
        .replaceAll('"enableHttpsTrafficOnly":true', `"enableHttpsTrafficOnly":${JSON.stringify(before)}`)
        .replaceAll('"enableHttpsTrafficOnly":false', `"enableHttpsTrafficOnly":${JSON.stringify(after)}`),
    );
    const [difference] = findCloudDifferences(changed);
    expect(difference?.properties).toEqual([
      { path: "enableHttpsTrafficOnly.added", before: undefined, after: `"${rest}*:*"` },
      {
        path: "enableHttpsTrafficOnly.rule",
        before: '…"deny deny deny deny 10.0.0.1 deny deny deny deny"…',
        after: '…"deny deny deny deny 0.0.0.0 deny deny deny deny"…',
      },
    ]);
  });

  it.each(["31-after-drift-preview", "32-after-drift"])("%s: the program wants it back", (name) => {
    expect(findProgramDifferences(recorded(name))).toMatchObject([
      { kind: "outdated", name: "account", properties: [{ path: httpsOff.path, before: "false", after: "true" }] },
    ]);
  });

  it("33-refresh-gone: what was deleted", () => {
    expect(findCloudDifferences(recorded("33-refresh-gone"))).toMatchObject([{ kind: "deleted", name: "one" }]);
  });

  it("and of a preview that replaces, adds or removes", () => {
    expect(findProgramDifferences(recorded("14-preview-replace")).map(({ kind }) => kind)).toContain("outdated");
    expect(findProgramDifferences(recorded("01-preview-create")).every(({ kind }) => kind === "undeployed")).toBe(true);
    expect(findProgramDifferences(recorded("26-protected-delete-preview")).map(({ kind }) => kind)).toContain(
      "undeclared",
    );
  });

  it("are judged by the policies: traffic without TLS is security drift", async () => {
    const { findings } = await findDrift({
      stack: "dev",
      refresh: recorded("29-refresh-drift-preview"),
      preview: recorded("03-no-change"),
      deployed: [],
      unmanaged: undefined,
      noise: { properties: [], unmanaged: [] },
      policies: [await loadPolicyPack(join(repositoryRoot, "policies"))],
      locate: () => ({ file: "index.ts", line: 12 }),
      commandLine: (command, ...options) => ["npm run", command, ...options].join(" "),
    });
    expect(findings).toMatchObject([{ severity: "security", declaredAt: { file: "index.ts", line: 12 } }]);
    expect(findings[0]?.broken[0]).toMatch(/^storage-https-only: enableHttpsTrafficOnly is false/);
    expect(findings[0]?.accept).toContain("write what is there (enableHttpsTrafficOnly) in index.ts:12");
    expect(findings[0]?.revert).toMatch(
      /^npm run refresh --target '.*::account' --yes && npm run up --target '.*::account'$/,
    );
  });
});
