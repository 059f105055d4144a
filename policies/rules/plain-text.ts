import { secretForms } from "../../lib/secret-forms";
import { allOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import { type PolicyResource, rulesOf } from "../rule";
import { containersOf, containerTypes } from "./shared/container-parts";
import {
  allHold,
  anyHolds,
  anyReading,
  comparable,
  entries,
  items,
  type KnownValue,
  madeReading,
  type Reading,
  read,
  readWithin,
} from "./shared/property-reading";

const variableTypes = ["ActionsEnvironmentVariable", "ActionsOrganizationVariable", "ActionsVariable"].map(
  (name) => `github:index/${name.charAt(0).toLowerCase()}${name.slice(1)}:${name}`,
);
const fileType = "github:index/repositoryFile:RepositoryFile";
const pagesType = "cloudflare:index/pagesProject:PagesProject";
const workerTypes = ["cloudflare:index/workersScript:WorkersScript", "cloudflare:index/workerVersion:WorkerVersion"];
const groupType = "azure-native:containerinstance:ContainerGroup";
const webTypes = ["azure-native:web:WebApp", "azure-native:web:WebAppSlot"];
const webSettingsType = "azure-native:web:WebAppApplicationSettings";
const commandTypes = ["command:local:Command", "command:remote:Command"];

export const plainTextRules = rulesOf("identity", [
  {
    id: "plain-text-secret",
    controls: ["Own"],
    description:
      "Secrets are not written where settings are read: in variables, files, commands and environments of containers.",
    remediation:
      "Keep the secret in the vault, and give a reference to it: secretRef, a secret of the environment, secret_text.",
    types: [
      ...containerTypes,
      ...variableTypes,
      ...commandTypes,
      ...workerTypes,
      ...webTypes,
      webSettingsType,
      fileType,
      pagesType,
      groupType,
    ],
    evaluate: (resource) => {
      const settings = settingsOf(resource);
      return settings.length === 0 ? notApplicable("it has no settings") : allOf(each(settings, requireNoSecret));
    },
  },
]);

/** A setting that everybody sees who sees the resource. */
interface Setting {
  /** Undefined for texts that have no name: files, arguments. */
  readonly name?: Reading;
  readonly value: Reading;
  /** What kind of setting it is, where one kind is hidden: `secret_text`. */
  readonly kind?: Reading;
}

function settingsOf(resource: PolicyResource): readonly Setting[] {
  const { type } = resource;
  if (variableTypes.includes(type)) return [{ name: read(resource, "variableName"), value: read(resource, "value") }];
  if (type === fileType) return [{ value: read(resource, "content") }];
  if (type === webSettingsType) return named(entries(read(resource, "properties")));
  if (webTypes.includes(type)) {
    return [
      ...pairs(read(resource, "siteConfig.appSettings")),
      ...pairs(read(resource, "siteConfig.connectionStrings"), "connectionString"),
    ];
  }
  if (commandTypes.includes(type)) {
    const scripts = ["create", "update", "delete", "stdin"].map((name) => ({ value: read(resource, name) }));
    return [...scripts, ...named(entries(read(resource, "environment")))];
  }
  if (type === pagesType) {
    return ["preview", "production"].flatMap((place) =>
      entries(read(resource, `deploymentConfigs.${place}.envVars`)).map((variable) => ({
        name: nameOf(variable),
        value: readWithin(variable, "value"),
        kind: readWithin(variable, "type"),
      })),
    );
  }
  if (workerTypes.includes(type)) {
    return items(read(resource, "bindings")).map((binding) => ({
      name: readWithin(binding, "name"),
      value: readWithin(binding, "text"),
      kind: readWithin(binding, "type"),
    }));
  }
  if (type === groupType) {
    return items(read(resource, "containers")).flatMap((container) => [
      ...pairs(readWithin(container, "environmentVariables")),
      ...items(readWithin(container, "command")).map((value) => ({ value })),
    ]);
  }
  return containersOf(resource).flatMap((container) => [
    ...pairs(readWithin(container, "env")),
    ...["command", "args"].flatMap((list) => items(readWithin(container, list)).map((value) => ({ value }))),
  ]);
}

/** Settings in a list of names and values. One that refers to a secret has no value. */
function pairs(list: Reading, property = "value"): readonly Setting[] {
  return items(list).map((pair) => ({ name: readWithin(pair, "name"), value: readWithin(pair, property) }));
}

/** Settings in a map of names to values. */
function named(values: readonly Reading[]): readonly Setting[] {
  return values.map((value) => ({ name: nameOf(value), value }));
}

/** The last name of a path, as if it had been read. */
function nameOf({ path }: Reading): Reading {
  return madeReading(path, path.slice(path.lastIndexOf(".") + 1));
}

function requireNoSecret({ name, value, kind }: Setting): RuleOutcome {
  const isHidden = () => kind !== undefined && anyReading([kind], (text) => comparable(text) === "secret_text");
  const isPlain = allHold([() => anyReading([value], (text) => isSecret(text, name)), () => !isHidden()]);
  return isPlain ? violation(value.path, "is a secret by its form, or called as a secret is") : compliant;
}

function isSecret(value: KnownValue, name: Reading | undefined): boolean {
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return anyHolds([
    () => secretForms.some((form) => form.test(text)),
    () => name !== undefined && text.trim() !== "" && anyReading([name], (one) => isSecretName(String(one))),
  ]);
}

/** Whether a name is a secret's: `DB_PASSWORD`, `apiKey`; not what is said about one: `TOKEN_URL`, `KEY_ID`, `SECRET_NAME`. */
function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  return secretName.test(words) && !aboutSecret.test(words);
}

const secretName =
  /(?:^|[^a-z])(?:password|passwd|passphrase|pwd|pass|secret|token|credentials?|webhook|pat|(?:api|access|account|auth|client|encryption|master|private|root|service|shared|signing|storage)[^a-z]?key|connection[^a-z]?string)s?(?:$|[^a-z])/;
const aboutSecret =
  /[^a-z](?:url|uri|file|path|dir|name|id|ids|ttl|seconds|minutes|hours|days|expiry|expires|count|limit|max|min|size|length|enabled|issuer|audience|type|algorithm|header|endpoint|host|server|version|policy|prefix|ref)$/;
