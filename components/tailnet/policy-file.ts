import type { TailnetEntry } from "./schema";

export type GroupMembers = Readonly<Record<string, readonly string[]>>;
export function policyFile(_tailnet: TailnetEntry, _members: GroupMembers): string {
  return "{}";
}
export function policyProblems(_tailnet: TailnetEntry, _members: GroupMembers): string[] {
  return [];
}
