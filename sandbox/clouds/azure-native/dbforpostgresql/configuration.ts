import type { PropertyMap } from "../../../../deployment/values/property-value";
import { ServiceError } from "../../../engine/provider";
import { textAt } from "../../property-path";
import type { ServiceContext } from "../../type-rule";
import { nameOfId, parentOfId } from "../arm-id";
import { armType } from "../arm-type";
import { oneOperation, serverPath } from "./server";
import { allowedExtensions, serverParameters } from "./server-parameters";

/** A parameter of a server. Every parameter exists with its standard value; a configuration sets it, and resets it when deleted. */
export const configuration = armType({
  type: "dbforpostgresql:Configuration",
  path: `${serverPath}/configurations/{configurationName}`,
  parent: { type: "dbforpostgresql:Server", path: serverPath },
  name: { pattern: /^[a-zA-Z_][\w.]*$/, expected: "a parameter's name", code: "InvalidParameterName" },
  takesOverExisting: true,
  oneAtATime: (_, id) => oneOperation(parentOfId(id)),
  defaults: (inputs) => ({ value: parameterOf(inputs)?.standard ?? "", source: "system-default" }),
  computed: {
    names: ["allowedValues", "dataType", "defaultValue", "isConfigPendingRestart", "isDynamicConfig", "isReadOnly"],
    values: ({ inputs }) => {
      const parameter = parameterOf(inputs);
      const isStatic = parameter?.dynamic === false;
      return {
        allowedValues: (parameter?.allowed ?? []).join(","),
        dataType: parameter?.allowed === undefined ? "String" : "Enumeration",
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
  return serverParameters[textAt(inputs, "configurationName") ?? ""];
}

function requireSettable({ id, inputs }: ServiceContext): void {
  const name = textAt(inputs, "configurationName") ?? "";
  const value = textAt(inputs, "value") ?? "";
  const parameter = serverParameters[name];
  if (parameter === undefined) {
    throw new ServiceError(
      "ConfigurationNotExists",
      404,
      `The configuration '${name}' does not exist for ${nameOfId(parentOfId(id))}.`,
    );
  }
  if (parameter.readOnly) {
    throw new ServiceError(
      "ReadOnlyConfiguration",
      400,
      `The configuration '${name}' is read-only and cannot be changed.`,
    );
  }
  const refused = refusedPart(name, value, parameter.allowed);
  if (refused === undefined) return;
  throw new ServiceError(
    "InvalidParameterValue",
    400,
    `Invalid value given for parameter ${name}: '${refused}'. Specify a valid parameter value.`,
  );
}

function refusedPart(name: string, value: string, allowed: readonly string[] | undefined): string | undefined {
  if (name === "azure.extensions") {
    return value === ""
      ? undefined
      : value.split(",").find((extension) => !allowedExtensions.includes(extension.trim()));
  }
  return allowed === undefined || allowed.includes(value.toLowerCase()) || allowed.includes(value) ? undefined : value;
}
