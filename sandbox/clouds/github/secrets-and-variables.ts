import type { PropertyMap } from "../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../engine/provider";
import { textAt, withoutPaths } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { requireEnvironment } from "./environment";
import {
  anotherRepository,
  hasSameName,
  keptWithRepository,
  repositoryNumber,
  requireRepository,
  requireWritableRepository,
} from "./repository-lookup";

/** The largest value of a secret or variable, in bytes. */
const maximumValueLength = 49_152;

interface Scope {
  readonly properties: readonly string[];
  readonly require: (context: ServiceContext) => void;
}

const repositoryScope: Scope = {
  properties: ["repository"],
  require: ({ world, inputs }) => {
    requireWritableRepository(world, inputs);
  },
};

const environmentScope: Scope = {
  properties: ["repository", "environment"],
  require: (context) => {
    requireEnvironment(context, "environment");
  },
};

function refuseName(kind: "Secret" | "Variable", property: string): (inputs: PropertyMap) => readonly CheckFailure[] {
  return (inputs) => {
    const name = textAt(inputs, property);
    if (name === undefined) return [];
    if (/^GITHUB_/i.test(name))
      return [{ property, reason: `${kind} names must not start with GITHUB_, got "${name}"` }];
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return [];
    return [
      {
        property,
        reason: `${kind} names can only contain letters, digits and underscores, and must not start with a digit, got "${name}"`,
      },
    ];
  };
}

function refuseLongValue({ inputs }: ServiceContext): void {
  const value = textAt(inputs, "value") ?? textAt(inputs, "plaintextValue") ?? "";
  if (Buffer.byteLength(value) <= maximumValueLength) return;
  throw new ServiceError("422", `Value is too long: the maximum is ${maximumValueLength} bytes.`, 422);
}

function timesOf({ existing }: { readonly existing: { readonly properties: PropertyMap } | undefined }): PropertyMap {
  const now = new Date().toISOString();
  return { createdAt: textAt(existing?.properties ?? {}, "createdAt") ?? now, updatedAt: now };
}

function lastSet(secret: PropertyMap): string {
  const times = ["updatedAt", "remoteUpdatedAt"].map((name) => textAt(secret, name) ?? "");
  return times.toSorted().at(-1) ?? "";
}

function secretRule(type: string, scope: Scope): TypeRule {
  const values = ["value", "plaintextValue", "encryptedValue", "valueEncrypted"];
  const accept = (context: ServiceContext): void => {
    scope.require(context);
    refuseLongValue(context);
  };
  return {
    type,
    identity: {
      kind: "named",
      id: (inputs) => [...scope.properties, "secretName"].map((property) => textAt(inputs, property)).join(":"),
    },
    // A PUT: a secret that is there already is overwritten.
    takesOverExisting: true,
    required: [...scope.properties, "secretName"],
    check: (inputs) => {
      const given = values.filter((property) => inputs[property] !== undefined);
      const failures = [...refuseName("Secret", "secretName")(inputs)];
      if (given.length > 1)
        failures.push({ property: "value", reason: `only one of ${given.join(", ")} can be given` });
      return failures;
    },
    keptAs: keptWithRepository,
    createOnly: [anotherRepository, ...scope.properties.slice(1), "secretName"],
    service: { create: accept, update: accept },
    // GitHub tells no value, only when it was last set; the provider keeps beside it when it set it itself.
    read: (found, state) => {
      if (found === undefined) return undefined;
      const known = Object.fromEntries(values.flatMap((name) => (name in state ? [[name, state[name] ?? null]] : [])));
      const times = { updatedAt: state.updatedAt ?? found.updatedAt ?? "", remoteUpdatedAt: lastSet(found) };
      return { ...withoutPaths(found, values), ...known, ...times };
    },
    outdated: ({ updatedAt, remoteUpdatedAt }) =>
      updatedAt === remoteUpdatedAt ? undefined : { properties: ["updatedAt", "remoteUpdatedAt"], replaces: false },
    secretOutputs: ["value", "plaintextValue"],
    computed: {
      names: ["createdAt", "updatedAt", "remoteUpdatedAt", "keyId", "repositoryId"],
      stable: ["createdAt", "keyId", "repositoryId"],
      values: (context) => {
        const times = timesOf(context);
        const repositoryId = repositoryNumber(requireRepository(context.world, context.inputs));
        return {
          ...times,
          remoteUpdatedAt: times.updatedAt ?? "",
          keyId: `568250167242549743${repositoryId % 10}`,
          repositoryId,
        };
      },
    },
  };
}

function variableRule(type: string, scope: Scope): TypeRule {
  return {
    type,
    identity: {
      kind: "named",
      id: (inputs) => [...scope.properties, "variableName"].map((property) => textAt(inputs, property)).join(":"),
    },
    required: [...scope.properties, "variableName", "value"],
    check: refuseName("Variable", "variableName"),
    keptAs: keptWithRepository,
    createOnly: [anotherRepository, ...scope.properties.slice(1), "variableName"],
    service: {
      create: (context) => {
        scope.require(context);
        refuseLongValue(context);
        if (!hasSameName(context.world, type, context.inputs, [...scope.properties, "variableName"], undefined)) return;
        throw new ServiceError("409", "Already exists - Variable already exists", 409);
      },
      update: refuseLongValue,
    },
    computed: {
      names: ["createdAt", "updatedAt", "repositoryId"],
      stable: ["createdAt", "repositoryId"],
      values: (context) => ({
        ...timesOf(context),
        repositoryId: repositoryNumber(requireRepository(context.world, context.inputs)),
      }),
    },
  };
}

export const secretAndVariableRules: readonly TypeRule[] = [
  secretRule("github:index/actionsSecret:ActionsSecret", repositoryScope),
  secretRule("github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret", environmentScope),
  variableRule("github:index/actionsVariable:ActionsVariable", repositoryScope),
  variableRule("github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable", environmentScope),
];
