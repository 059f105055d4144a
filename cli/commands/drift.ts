import type { OpType } from "@pulumi/pulumi/automation";
import type { OperationLog } from "../../sandbox/display/operation-log";
import { changedKeys } from "../../sandbox/display/resource-properties";
import { rowOperation } from "../../sandbox/display/resource-tree";
import { shortType } from "../../sandbox/display/urn-text";
import { type Command, done } from "../command";
import { exitCodes } from "../exit-codes";
import { failedOutcome, runShown } from "../run-shown";

interface Finding {
  readonly what: string;
  readonly resource: string;
  readonly properties: string;
}

/** Compares the clouds with the state, then the state with the program; changes neither. */
export const drift: Command = async (context) => {
  const engine = await context.open();
  try {
    const found = await runShown(context, engine, { kind: "refresh", previewOnly: true });
    const planned = await runShown(context, engine, { kind: "preview", previewOnly: true });
    const failed = failedOutcome(found, "nothing was changed") ?? failedOutcome(planned, "nothing was changed");
    if (failed !== undefined) return failed;
    const findings = [...findingsIn(found.log, inTheCloud), ...findingsIn(planned.log, inTheProgram)];
    if (findings.length === 0) return done("no drift");
    for (const line of table(findings)) context.say(line);
    return { exitCode: exitCodes.unexpectedChanges, summary: `${findings.length} differences, exit code 7` };
  } finally {
    await engine.close();
  }
};

type Words = Readonly<Partial<Record<OpType, string>>>;
const inTheCloud: Words = { update: "changed in the cloud", delete: "gone from the cloud" };
const inTheProgram: Words = {
  create: "declared, not deployed",
  update: "program and state differ",
  replace: "program and state differ, needs replacement",
  delete: "deployed, no longer declared",
  import: "declared, not imported",
};

function findingsIn(log: OperationLog, words: Words): Finding[] {
  return [...log.rows.values()].flatMap((row) => {
    const operation = rowOperation(row);
    const what = words[operation];
    const step = row.steps.get(operation);
    if (what === undefined || step === undefined) return [];
    const properties = operation === "update" || operation === "replace" ? changedKeys(step, row.refreshed) : "";
    return [{ what, resource: `${shortType(row.type)} ${row.name}`, properties }];
  });
}

function table(findings: readonly Finding[]): string[] {
  const widest = (read: (finding: Finding) => string) => Math.max(...findings.map((finding) => read(finding).length));
  const whatWidth = widest((finding) => finding.what);
  const resourceWidth = widest((finding) => finding.resource);
  return findings.map(({ what, resource, properties }) =>
    `  ${what.padEnd(whatWidth)}  ${resource.padEnd(resourceWidth)}  ${properties}`.trimEnd(),
  );
}
