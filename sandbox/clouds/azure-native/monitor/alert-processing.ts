import type { PropertyMap } from "../../../../deployment/values/property-value";
import type { World, WorldObject, WorldReading } from "../../../world/world";
import { flagAt, mapAt, mapsAt, textAt, textsAt } from "../../read-property";
import { isWithin, sameId } from "../arm-id";

const processingRuleType = "azure-native:alertsmanagement:AlertProcessingRuleByName";

/** What the emulated service does when a rule that decides which alerts tell somebody is written past the program. */
export class EmulatedAlertProcessing {
  constructor(private readonly world: () => Promise<World>) {}

  async write(id: string, { properties }: { readonly properties: PropertyMap }): Promise<void> {
    const name = id.split("/").at(-1) ?? "";
    const object = { cloud: "azure", kind: processingRuleType, id, properties: { name, properties } } as const;
    await (await this.world()).transact((world) => world.put(object));
  }

  async remove(id: string): Promise<void> {
    await (await this.world()).transact((world) => world.delete(processingRuleType, id));
  }
}

/** An alert, as far as processing rules look at it. */
interface ProcessedAlert {
  readonly targets: readonly string[];
  readonly severity: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Whether a rule keeps an alert from telling anybody. What this does not know of a rule's conditions holds for no alert. */
export function isSuppressed(world: WorldReading, alert: ProcessedAlert): boolean {
  return world.list(processingRuleType).some((rule) => suppresses(rule, alert));
}

function suppresses(
  { properties: { properties: given = {} } }: WorldObject,
  { targets, severity, at }: ProcessedAlert,
) {
  const rule = mapAt({ given }, "given");
  const time = (path: string) => Date.parse(`${textAt(rule, path) ?? ""}Z`);
  return (
    flagAt(rule, "enabled") !== false &&
    mapsAt(rule, "actions").some((action) => textAt(action, "actionType") === "RemoveAllActionGroups") &&
    textsAt(rule, "scopes").some((scope) =>
      targets.some((target) => sameId(scope, target) || isWithin(target, scope)),
    ) &&
    mapsAt(rule, "conditions").every(
      (condition) =>
        textAt(condition, "field") === "Severity" && textsAt(condition, "values").includes(`Sev${severity}`),
    ) &&
    // Without times it holds for ever.
    !(at < time("schedule.effectiveFrom")) &&
    !(at >= time("schedule.effectiveUntil"))
  );
}
