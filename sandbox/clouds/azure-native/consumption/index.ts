import type { PropertyMap } from "../../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../../engine/provider";
import { mapAt, textAt, textsAt, valueAt } from "../../read-property";
import type { ExistingContext, ServiceContext } from "../../type-rule";
import { armType } from "../arm-type";
import { resourceNotFound, scopeExists } from "../existing-resources";

/** Source: Azure documentation, REST reference of budgets: notifications. */
const maximumNotifications = 5;

const budget = armType({
  type: "consumption:Budget",
  describedBy: ["consumption", "Budget"],
  path: "{scope}/providers/Microsoft.Consumption/budgets/{budgetName}",
  name: { pattern: /^[\w-]{1,63}$/, expected: "1 to 63 letters, digits, _ and -", code: "InvalidBudgetName" },
  required: [
    "amount",
    "category",
    "timeGrain",
    "timePeriod",
    "timePeriod.startDate",
    "notifications.*.operator",
    "notifications.*.threshold",
    "notifications.*.contactEmails",
  ],
  allowed: {
    category: ["Cost", "ReservationUtilization"],
    timeGrain: ["Monthly", "Quarterly", "Annually", "BillingMonth", "BillingQuarter", "BillingAnnual"],
    "notifications.*.operator": ["EqualTo", "GreaterThan", "GreaterThanOrEqualTo", "LessThan"],
    "notifications.*.thresholdType": ["Actual", "Forecasted"],
  },
  ranges: { "notifications.*.threshold": { minimum: 0, maximum: 1000 } },
  check: (inputs) => [...startDateFailures(inputs), ...notificationFailures(inputs)],
  createOnly: ["timeGrain"],
  computed: {
    names: ["currentSpend", "eTag"],
    values: ({ random }) => ({ currentSpend: { amount: 0, unit: "EUR" }, eTag: `"${random.hex(16)}"` }),
  },
  service: {
    create: (context) => {
      requireScope(context);
      refusePastStart(context);
    },
    update: refuseOtherStart,
  },
});

function requireScope({ world, inputs }: ServiceContext): void {
  const scope = textAt(inputs, "scope") ?? "";
  if (!scopeExists(world, scope)) throw resourceNotFound(scope);
}

function startDateFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const property = "timePeriod.startDate";
  const text = textAt(inputs, property);
  if (text === undefined) return [];
  const date = new Date(text);
  if (!Number.isNaN(date.getTime()) && date.getUTCDate() === 1) return [];
  return [
    {
      property,
      reason: `InvalidBudgetStartDate: '${property}': expected the first day of a month, such as 2026-01-01T00:00:00Z, got "${text}"`,
    },
  ];
}

function notificationFailures(inputs: PropertyMap): readonly CheckFailure[] {
  const notifications = Object.entries(mapAt(inputs, "notifications"));
  const silent = notifications.filter(([key]) =>
    ["contactEmails", "contactGroups", "contactRoles"].every((list) => {
      const path = `notifications["${key}"].${list}`;
      return textsAt(inputs, path).length === 0 && isKnownEmpty(inputs, path);
    }),
  );
  return [
    ...(notifications.length > maximumNotifications
      ? [
          {
            property: "notifications",
            reason: `TooManyNotifications: expected at most ${maximumNotifications}, got ${notifications.length}`,
          },
        ]
      : []),
    ...silent.map(([key]) => ({
      property: `notifications.${key}`,
      reason: `'notifications.${key}': expected at least one of contactEmails, contactGroups and contactRoles`,
    })),
  ];
}

/** Whether a list is known to hold nothing: absent, or an empty list, but not a value that only an update can tell. */
function isKnownEmpty(inputs: PropertyMap, path: string): boolean {
  const value = valueAt(inputs, path);
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

/** A budget may begin with the running month at the earliest. */
function refusePastStart({ inputs }: ServiceContext): void {
  const start = new Date(textAt(inputs, "timePeriod.startDate") ?? "");
  const now = new Date();
  const thisMonth = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
  if (start.getTime() >= thisMonth) return;
  throw new ServiceError(
    "InvalidBudgetStartDate",
    `Start date ${start.toISOString().slice(0, 10)} lies in the past: the running month is the earliest.`,
  );
}

/** The provider would change the start in place; the service refuses. Source: Azure/CanadaPubSecALZ#317. */
function refuseOtherStart({ existing, inputs }: ExistingContext): void {
  const [before, after] = [existing.properties, inputs].map((of) =>
    Date.parse(textAt(of, "timePeriod.startDate") ?? ""),
  );
  if (before === after) return;
  throw new ServiceError("400", "Start date of budgets cannot be updated. Please delete and create a new budget.");
}

export const consumptionRules = [budget];
