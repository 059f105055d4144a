import { createHash } from "node:crypto";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import type { WorldTransaction } from "../../../world/world";
import { flagAt, mapsAt, textAt } from "../../read-property";
import { RepeatableRandom } from "../../repeatable-random";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, sameId } from "../arm-id";
import { armType } from "../arm-type";
import { accountParent, accountPath, accountType } from "./account";

const policyType = "azure-native:storage:ObjectReplicationPolicy";

/** Copying blobs between accounts: the destination's policy first, under the id `default`, then the source's with the id it got. */
const objectReplicationPolicy = armType({
  type: "storage:ObjectReplicationPolicy",
  describedBy: ["storage", "ObjectReplicationPolicy"],
  path: `${accountPath}/objectReplicationPolicies/{objectReplicationPolicyId}`,
  parent: accountParent,
  name: {
    pattern: /^(default|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i,
    expected: '"default" on the destination, the policy id it got on the source',
    code: "InvalidResourceName",
  },
  required: ["sourceAccount", "destinationAccount"],
  createOnly: ["sourceAccount", "destinationAccount"],
  computed: {
    names: ["policyId", "rules[*].ruleId"],
    stable: ["policyId"],
    values: ({ inputs }) => ({ policyId: policyId(inputs), rules: withRuleIds(inputs) }),
  },
  service: {
    write: (context) => {
      const source = account(context.world, textAt(context.inputs, "sourceAccount") ?? "");
      const destination = account(context.world, textAt(context.inputs, "destinationAccount") ?? "");
      refuseItself(source, destination);
      requireSetting(context, source, "isVersioningEnabled");
      requireSetting(context, destination, "isVersioningEnabled");
      requireSetting(context, source, "changeFeed.enabled");
      if (textAt(context.inputs, "objectReplicationPolicyId") !== "default")
        requireDestinationPolicy(context, destination);
    },
  },
});

function account(world: WorldTransaction, nameOrId: string): string {
  const found = world
    .list(accountType)
    .find(({ id }) => sameId(id, nameOrId) || (!nameOrId.includes("/") && sameId(nameOfId(id), nameOrId)));
  if (found !== undefined) return found.id;
  throw new ServiceError("ResourceNotFound", `The storage account '${nameOrId}' was not found.`, 404);
}

/** Source: Azure documentation, "Object replication: two accounts"; it does not tell the code. */
function refuseItself(source: string, destination: string): void {
  if (!sameId(source, destination)) return;
  throw new ServiceError(
    "InvalidRequestPropertyValue",
    `Object replication needs two accounts; '${nameOfId(source)}' is source and destination.`,
  );
}

function requireSetting({ world }: ServiceContext, accountId: string, setting: string): void {
  const settings = world.get("azure-native:storage:BlobServiceProperties", `${accountId}/blobServices/default`);
  if (flagAt(settings?.properties ?? {}, setting) === true) return;
  throw new ServiceError(
    "InvalidRequestPropertyValue",
    `Object replication needs '${setting}' in the blob service properties of ${nameOfId(accountId)}.`,
  );
}

function requireDestinationPolicy({ world, inputs }: ServiceContext, destination: string): void {
  const id = textAt(inputs, "objectReplicationPolicyId");
  const exists = world
    .children(destination)
    .some((object) => object.kind === policyType && sameId(textAt(object.properties, "policyId"), id));
  if (exists) return;
  throw new ServiceError(
    "ObjectReplicationPolicyNotFound",
    `The object replication policy '${id}' does not exist on the destination account; create it there first, with the id 'default'.`,
    404,
  );
}

function policyId(inputs: PropertyMap): string {
  const given = textAt(inputs, "objectReplicationPolicyId") ?? "";
  if (given !== "default") return given;
  const accounts = `${textAt(inputs, "sourceAccount")} ${textAt(inputs, "destinationAccount")}`;
  return new RepeatableRandom(createHash("sha256").update(accounts.toLowerCase()).digest()).guid();
}

function withRuleIds(inputs: PropertyMap): readonly PropertyMap[] {
  const id = policyId(inputs);
  return mapsAt(inputs, "rules").map((rule, index) => ({
    ...rule,
    ruleId: rule.ruleId ?? new RepeatableRandom(`${id} ${index}`).guid(),
  }));
}

export const replicationRules = [objectReplicationPolicy];
