import type { Alias, Goal } from "./goal";
import { isRootStack, makeUrn, parseUrn, type Urn, type UrnScope, urnName } from "./urn";

/** Which old URN each resource of this deployment turned out to have had. */
export type AliasedFrom = ReadonlyMap<Urn, Urn>;

/** The URNs, besides its own, under which a resource may be found in the last deployment. */
export function possibleUrns(goal: Goal, scope: UrnScope, aliasedFrom: AliasedFrom): Set<Urn> {
  const urns = new Set<Urn>();
  for (const alias of goal.aliases) urns.add(aliasUrn(alias, goal, scope, aliasedFrom));
  const parentAlias = goal.parent === "" ? undefined : aliasedFrom.get(goal.parent);
  if (parentAlias === undefined) return urns;
  const parentName = urnName(goal.parent);
  urns.add(inheritedUrn(goal.type, goal.name, parentName, parentAlias, scope));
  for (const alias of goal.aliases) {
    const { type, name } = parseUrn(aliasUrn(alias, goal, scope, aliasedFrom));
    urns.add(inheritedUrn(type, name, parentName, parentAlias, scope));
  }
  return urns;
}

function aliasUrn(alias: Alias, goal: Goal, scope: UrnScope, aliasedFrom: AliasedFrom): Urn {
  if (alias.kind === "urn") return alias.urn;
  const aliasScope = { stack: alias.stack || scope.stack, project: alias.project || scope.project };
  return makeUrn(aliasScope, aliasParent(alias, goal, aliasedFrom), alias.type || goal.type, alias.name || goal.name);
}

function aliasParent(alias: Alias & { kind: "spec" }, goal: Goal, aliasedFrom: AliasedFrom): Urn {
  if (alias.parent.kind === "none") return "";
  const parent = alias.parent.kind === "same" ? goal.parent : (aliasedFrom.get(alias.parent.urn) ?? alias.parent.urn);
  return parent !== "" && isRootStack(parent) ? "" : parent;
}

/** A child named after its parent (`app-record` below `app`) followed the parent's old name too. */
function inheritedUrn(type: string, name: string, parentName: string, parentAlias: Urn, scope: UrnScope): Urn {
  const oldName = name.startsWith(parentName) ? urnName(parentAlias) + name.slice(parentName.length) : name;
  return makeUrn(scope, parentAlias, type, oldName);
}
