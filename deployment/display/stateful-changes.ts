import { isStateful } from "../../lib/resource-types";
import type { OperationLog, ResourceRow } from "./operation-log";
import type { Paint } from "./terminal";
import { shortType } from "./urn-text";

/** Stateful resources that are replaced or deleted, unmissable, to stand above everything else. Empty when there are none. */
export function statefulChangeLines(log: OperationLog, paint: Paint): string[] {
  const rows = [...log.rows.values()].filter((row) => isStateful(row.type) && losesData(row));
  if (rows.length === 0) return [];
  const width = Math.max(...rows.map((row) => shortType(row.type).length));
  return [
    paint("danger", headline(rows.length, log.isPreview)),
    ...rows.map((row) => paint("danger", `!!   ${rowText(row, width)}`)),
  ];
}

function headline(count: number, isPreview: boolean): string {
  const subject = count === 1 ? "1 STATEFUL RESOURCE" : `${count} STATEFUL RESOURCES`;
  const what = isPreview ? "TO BE REPLACED OR DELETED: what is inside is lost" : "REPLACED OR DELETED";
  return `!! ${subject} ${what}`;
}

function losesData(row: ResourceRow): boolean {
  if (row.refreshed) return row.steps.has("delete");
  const loses = row.steps.has("replace") || row.steps.has("delete") || row.steps.has("delete-replaced");
  return loses && !row.retained;
}

function rowText(row: ResourceRow, width: number): string {
  const replacement = row.steps.get("replace") ?? row.steps.get("create-replacement");
  const what = replacement !== undefined || row.steps.has("delete-replaced") ? "+- replace" : "-  delete ";
  const keys = replacement?.keys ?? [];
  const reason = keys.length > 0 ? `  forced by ${keys.join(", ")}` : "";
  const shield = row.protected ? "  (protected)" : "";
  return `${what}  ${shortType(row.type).padEnd(width)}  ${row.name}${reason}${shield}`;
}
