import type { PropertyMap } from "../../../../deployment/values/property-value";
import type { World, WorldObject, WorldReading } from "../../../world/world";
import { flagAt, mapAt, mapsAt, textAt, textsAt } from "../../read-property";
import { isWithin, sameId, typeOfId } from "../arm-id";
import { armType } from "../arm-type";

const processingRuleType = "azure-native:alertsmanagement:AlertProcessingRuleByName";

/** Source: azure-rest-api-specs, Microsoft.AlertsManagement 2021-08-08, `AlertProcessingRules`. */
export const processingRule = armType({
  type: "alertsmanagement:AlertProcessingRuleByName",
  path: "Microsoft.AlertsManagement/actionRules/{alertProcessingRuleName}",
  name: {
    pattern: /^[^*#&+:<>?@%{}\\/]{1,260}$/,
    expected: "1 to 260 characters without * # & + : < > ? @ % { } \\ /",
    code: "BadRequest",
  },
  located: "global",
  required: ["properties.scopes", "properties.actions"],
  allowed: {
    "properties.conditions[*].operator": ["Equals", "NotEquals", "Contains", "DoesNotContain"],
    "properties.actions[*].actionType": ["AddActionGroups", "RemoveAllActionGroups"],
    "properties.schedule.recurrences[*].recurrenceType": ["Daily", "Weekly", "Monthly"],
  },
  defaults: { properties: { enabled: true } },
});

/** What the emulated service does when a rule that decides which alerts tell somebody is written past the program. */
export class EmulatedAlertProcessing {
  constructor(private readonly world: () => Promise<World>) {}

  async list(groupId: string): Promise<readonly { readonly id: string; readonly properties: PropertyMap }[]> {
    return (await this.world()).read((world) =>
      world
        .children(groupId)
        .filter(({ kind }) => kind === processingRuleType)
        .map(({ id, properties }) => ({ id, properties: mapAt(properties, "properties") })),
    );
  }

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
  /** The name of the rule that fires. */
  readonly rule: string;
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
  { rule: name, targets, severity, at }: ProcessedAlert,
) {
  const rule = mapAt({ given }, "given");
  const time = (path: string) => Date.parse(`${textAt(rule, path) ?? ""}Z`);
  return (
    flagAt(rule, "enabled") !== false &&
    mapsAt(rule, "actions").some((action) => textAt(action, "actionType") === "RemoveAllActionGroups") &&
    targets.some(
      (target) =>
        textsAt(rule, "scopes").some((scope) => isWithin(target, scope)) &&
        mapsAt(rule, "conditions").every((condition) => meets(condition, { target, severity, name })),
    ) &&
    // Without times it holds for ever.
    !(at < time("schedule.effectiveFrom")) &&
    !(at >= time("schedule.effectiveUntil")) &&
    recursAt(mapsAt(rule, "schedule.recurrences"), new Date(at))
  );
}

function meets(
  condition: PropertyMap,
  { target, severity, name }: { readonly target: string; readonly severity: number; readonly name: string },
): boolean {
  const values: Readonly<Record<string, string>> = {
    ...{ Severity: `Sev${severity}`, TargetResourceType: typeOfId(target), AlertRuleName: name },
  };
  const value = values[textAt(condition, "field") ?? ""];
  if (value === undefined) return false;
  const named = textsAt(condition, "values");
  const isNamed = named.some((one) => sameId(one, value));
  const isContained = named.some((one) => value.toLowerCase().includes(one.toLowerCase()));
  switch (textAt(condition, "operator")) {
    case "Equals":
      return isNamed;
    case "NotEquals":
      return !isNamed;
    case "Contains":
      return isContained;
    default:
      return !isContained;
  }
}

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Whether one of some recurrences, in UTC, holds at a moment; where there are none, it does. One that ends before it begins ends the next day. */
function recursAt(recurrences: readonly PropertyMap[], moment: Date): boolean {
  const time = moment.toISOString().slice(11, 19);
  const isOn = (recurrence: PropertyMap, day: number) =>
    textAt(recurrence, "recurrenceType") === "Daily" || textsAt(recurrence, "daysOfWeek").includes(days[day % 7] ?? "");
  const today = moment.getUTCDay();
  return (
    recurrences.length === 0 ||
    recurrences.some((recurrence) => {
      const [start, end] = [textAt(recurrence, "startTime") ?? "00:00:00", textAt(recurrence, "endTime") ?? "24:00:00"];
      if (start < end) return isOn(recurrence, today) && time >= start && time < end;
      return (isOn(recurrence, today) && time >= start) || (isOn(recurrence, today + 6) && time < end);
    })
  );
}
