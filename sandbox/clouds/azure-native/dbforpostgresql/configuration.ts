import type { PropertyMap } from "../../../../deployment/values/property-value";
import { postgresParameter, refusedPart } from "../../../../lib/postgres-parameters";
import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../read-property";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { oneOperation, serverPath, serverType } from "./server";

/** A parameter of a server. Every parameter exists with its standard value; a configuration sets it, and resets it when deleted. */
export const configuration = armType({
  type: "dbforpostgresql:Configuration",
  describedBy: ["postgresql-flexible", "ConfigurationForUpdate", "configurationName"],
  path: `${serverPath}/configurations/{configurationName}`,
  parent: { type: "dbforpostgresql:Server", path: serverPath },
  name: { pattern: /^[a-zA-Z_][\w.]{0,255}$/, expected: "a parameter's name", code: "InvalidParameterName" },
  takesOverExisting: true,
  oneAtATime: (_, id) => oneOperation(parentOfId(id)),
  defaults: (inputs) => ({ value: parameterOf(inputs)?.standard ?? "", source: "system-default" }),
  computed: {
    names: ["allowedValues", "dataType", "defaultValue", "isConfigPendingRestart", "isDynamicConfig", "isReadOnly"],
    values: ({ inputs }) => {
      const parameter = parameterOf(inputs);
      const isStatic = parameter?.isStatic === true;
      return {
        allowedValues: parameter?.allowed ?? "",
        dataType: parameter === undefined ? "String" : parameter.kind.charAt(0).toUpperCase() + parameter.kind.slice(1),
        defaultValue: parameter?.standard ?? "",
        isDynamicConfig: !isStatic,
        isReadOnly: parameter?.readOnly ?? false,
        isConfigPendingRestart: isStatic && textAt(inputs, "value") !== parameter?.standard,
      };
    },
  },
  service: { write: requireSettable },
});

function parameterOf(inputs: PropertyMap) {
  return postgresParameter(textAt(inputs, "configurationName") ?? "");
}

/**
 * A Burstable server has no PgBouncer and, the sandbox takes it, none of its parameters.
 * Source: Azure documentation, "PgBouncer in Azure Database for PostgreSQL: Limitations".
 */
function requireSettable({ world, id, inputs }: ServiceContext): void {
  const name = textAt(inputs, "configurationName") ?? "";
  const value = textAt(inputs, "value") ?? "";
  const tier = textAt(world.get(serverType, parentOfId(id))?.properties ?? {}, "sku.tier");
  const isPoolers = name.toLowerCase().startsWith("pgbouncer.");
  const parameter = isPoolers && tier === "Burstable" ? undefined : parameterOf(inputs);
  if (parameter === undefined) {
    throw new ServiceError(
      "ConfigurationNotExists",
      `The configuration '${name}' does not exist for ${nameOfId(parentOfId(id))}.`,
      404,
    );
  }
  if (parameter.readOnly) {
    throw new ServiceError("ReadOnlyConfiguration", `The configuration '${name}' is read-only and cannot be changed.`);
  }
  const refused = refusedPart(name, value, parameter);
  if (refused === undefined) return;
  throw new ServiceError(
    "InvalidParameterValue",
    `Invalid value given for parameter ${name}: '${refused}'. Specify a valid parameter value.`,
  );
}
