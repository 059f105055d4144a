import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { beforeAll, describe, expect, it } from "vitest";
import { isPropertyMap, type PropertyMap, type PropertyValue } from "../../../../deployment/values/property-value";
import { parsePropertyPath } from "../../../../lib/property-path";
import { githubProvider } from "../../../../sandbox/clouds/github";
import { withValueAt } from "../../../../sandbox/clouds/read-property";
import { type Provider, ServiceError } from "../../../../sandbox/engine/provider";
import { repositoryRoot } from "../../../stacks/alai-world";
import { PackageDeclarations } from "../declarations";
import { type Disagreement, explainedDisagreements, lineOf } from "./disagreements";
import { type SentResource, sentResources } from "./sent-resources";

interface Schema {
  readonly enum?: readonly (string | number)[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
}

/** GitHub's description of what each request may be. test/sandbox/clouds/referees/take-github-requests.mjs says where it is from. */
const schemas: Readonly<Record<string, Schema>> = JSON.parse(
  readFileSync(join(repositoryRoot, "test", "fixtures", "github-requests.json"), "utf8"),
);

/** What the provider makes of a type's inputs, as integrations/terraform-provider-github has it. */
interface Request {
  readonly operation: string;
  /** Inputs that go into the path, or into another request. */
  readonly elsewhere: readonly string[];
  /** Inputs, in snake case, under another name in the body. */
  readonly renamed?: Readonly<Record<string, string>>;
  readonly body?: (inputs: PropertyMap) => PropertyMap;
}

const inRepository = "/repos/{owner}/{repo}";
const requests: Readonly<Record<string, Request>> = {
  "actionsRepositoryAccessLevel:ActionsRepositoryAccessLevel": {
    operation: `PUT ${inRepository}/actions/permissions/access`,
    elsewhere: ["repository"],
  },
  "actionsRepositoryOidcSubjectClaimCustomizationTemplate:ActionsRepositoryOidcSubjectClaimCustomizationTemplate": {
    operation: `PUT ${inRepository}/actions/oidc/customization/sub`,
    elsewhere: ["repository"],
  },
  "actionsRepositoryPermissions:ActionsRepositoryPermissions": {
    operation: `PUT ${inRepository}/actions/permissions`,
    elsewhere: ["repository", "allowedActionsConfig"],
  },
  "actionsVariable:ActionsVariable": {
    operation: `POST ${inRepository}/actions/variables`,
    elsewhere: ["repository"],
    renamed: { variable_name: "name" },
  },
  "issueLabel:IssueLabel": { operation: `POST ${inRepository}/labels`, elsewhere: ["repository"] },
  "repository:Repository": {
    operation: `PATCH ${inRepository}`,
    elsewhere: ["archiveOnDestroy", "autoInit", "topics", "pages", "template", "vulnerabilityAlerts"],
  },
  "repositoryEnvironment:RepositoryEnvironment": {
    operation: `PUT ${inRepository}/environments/{environment_name}`,
    elsewhere: ["repository", "environment"],
    body: ({ reviewers, ...inputs }) => ({
      ...inputs,
      ...(reviewers === undefined ? {} : { reviewers: reviewersIn(reviewers) }),
    }),
  },
  "repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": {
    operation: `POST ${inRepository}/environments/{environment_name}/deployment-branch-policies`,
    elsewhere: ["repository", "environment"],
    renamed: { branch_pattern: "name" },
  },
  "repositoryFile:RepositoryFile": {
    operation: `PUT ${inRepository}/contents/{path}`,
    elsewhere: ["repository", "file", "overwriteOnCreate", "autocreateBranch"],
    renamed: { commit_message: "message" },
  },
  "repositoryRuleset:RepositoryRuleset": {
    operation: `POST ${inRepository}/rulesets`,
    elsewhere: ["repository"],
    renamed: { includes: "include", excludes: "exclude", required_checks: "required_status_checks" },
    body: ({ rules, ...inputs }) => ({ ...inputs, rules: rulesIn(rules) }),
  },
  "workflowRepositoryPermissions:WorkflowRepositoryPermissions": {
    operation: `PUT ${inRepository}/actions/permissions/workflow`,
    elsewhere: ["repository"],
  },
};
/** A secret is encrypted with the repository's key before it is sent: nothing of what a program says is in its request. */
const encrypted = ["actionsEnvironmentSecret:ActionsEnvironmentSecret"];

describe("GitHub's description of its requests", () => {
  let provider: Provider;
  let resources: readonly SentResource[];
  const found = new Set<string>();
  const say = (disagreement: Disagreement) => found.add(lineOf(disagreement));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  const declarations = new PackageDeclarations("github");
  const tokenOf = (type: string) => `github:index/${type}`;

  beforeAll(async () => {
    const sent = await sentResources();
    resources = sent.resources.filter(({ type }) => type.startsWith("github:"));
    provider = githubProvider(sent.world);
  }, 120_000);

  it("is there for every type that our components send", () => {
    const types = new Set(resources.map(({ type }) => type.replace("github:index/", "")));
    expect([...types].sort()).toEqual([...Object.keys(requests), ...encrypted].sort());
  });

  it.each(Object.entries(requests))("%s: what is sent and what is refused", async (type, request) => {
    const schema = schemas[request.operation] ?? {};
    const validate = ajv.compile(closed(schema));
    const own = resources.filter((resource) => resource.type === tokenOf(type));
    for (const { inputs } of own) {
      if (validate(bodyOf(request, inputs))) continue;
      for (const { instancePath, params } of validate.errors ?? []) {
        const name = Reflect.get(params, "additionalProperty") ?? Reflect.get(params, "missingProperty") ?? "";
        const path = `${instancePath}/${name}`
          .replace(/\/\d+(?=\/|$)/g, "[*]")
          .replace(/^\/|\/$/g, "")
          .replaceAll("/", ".");
        say({ what: "sent", type, path });
      }
    }
    const [base] = own;
    if (base === undefined) throw new Error(`no stack sends ${type}`);
    for (const { path, wrong } of limitsIn(schema, "", request)) {
      if (declarations.undeclared(tokenOf(type), "inputs", [path]).length > 0) continue;
      for (const value of wrong) if (!(await refuses(base, path, value))) say({ what: "accepted", type, path });
    }
  });

  it("agrees with us, or the table says why not", () => {
    expect([...found].sort()).toEqual([...explainedDisagreements("github")].sort());
  });

  async function refuses(
    { type, urn, id, inputs }: SentResource,
    path: string,
    value: PropertyValue,
  ): Promise<boolean> {
    const steps = parsePropertyPath(path).map((step) => (step === "*" ? 0 : step));
    const resource = { type, urn, name: "thing", inputs: withValueAt(inputs, steps, value) };
    const { failures } = await provider.check({ ...resource, oldInputs: inputs, randomSeed: new Uint8Array([1]) });
    if (failures.length > 0) return true;
    const state = { id, oldInputs: inputs, oldOutputs: inputs, ignoreChanges: [], preview: false, timeout: 0 };
    return provider.update({ ...resource, ...state }).then(
      () => false,
      (error: unknown) => error instanceof ServiceError && error.code === "422",
    );
  }
});

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function bodyOf({ elsewhere, body, renamed = {} }: Request, inputs: PropertyMap): PropertyValue {
  const own = Object.fromEntries(Object.entries(inputs).filter(([name]) => !elsewhere.includes(name)));
  return inSnakeCase(body === undefined ? own : body(own), renamed);
}

function inSnakeCase(value: PropertyValue, renamed: Readonly<Record<string, string>>): PropertyValue {
  if (Array.isArray(value)) return value.map((item) => inSnakeCase(item, renamed));
  if (!isPropertyMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [renamed[snake(name)] ?? snake(name), inSnakeCase(part, renamed)]),
  );
}

/** People and teams become one list. */
function reviewersIn(reviewers: PropertyValue): readonly PropertyMap[] {
  const ids = (property: string) =>
    (Array.isArray(reviewers) ? reviewers : []).flatMap((one: PropertyValue): readonly PropertyValue[] => {
      const list = isPropertyMap(one) ? one[property] : undefined;
      return Array.isArray(list) ? list : [];
    });
  return [...ids("users").map((id) => ({ type: "User", id })), ...ids("teams").map((id) => ({ type: "Team", id }))];
}

/** The provider's map of rules becomes a list: a switch is a rule by itself, a block one with parameters. */
function rulesIn(rules: PropertyValue | undefined): readonly PropertyMap[] {
  return Object.entries(isPropertyMap(rules) ? rules : {})
    .filter(([, rule]) => rule !== false)
    .map(([name, rule]) => ({ type: snake(name), ...(rule === true ? {} : { parameters: rule }) }));
}

/** The schema without room for what it does not name. */
function closed(schema: Schema): Schema {
  const parts = Object.entries(schema.properties ?? {}).map(([name, part]) => [name, closed(part)] as const);
  return {
    ...schema,
    ...(schema.properties === undefined ? {} : { properties: Object.fromEntries(parts), additionalProperties: false }),
    ...(schema.items === undefined ? {} : { items: closed(schema.items) }),
    ...(schema.oneOf === undefined ? {} : { oneOf: schema.oneOf.map(closed) }),
  };
}

/** By path of the input, values that the schema does not allow. */
function limitsIn(
  schema: Schema,
  path: string,
  request: Request,
): readonly { path: string; wrong: readonly PropertyValue[] }[] {
  const { minimum, maximum } = schema;
  const wrong = [
    ...(schema.enum === undefined || path.endsWith(".type") ? [] : ["nonsense"]),
    ...(minimum === undefined ? [] : [minimum - 1]),
    ...(maximum === undefined ? [] : [maximum + 1]),
  ];
  const inputOf = Object.fromEntries(Object.entries(request.renamed ?? {}).map(([input, body]) => [body, input]));
  const at = (name: string) => `${path === "" ? "" : `${path}.`}${camel(inputOf[name] ?? name)}`;
  return [
    ...(wrong.length === 0 ? [] : [{ path, wrong }]),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, part]) => limitsIn(part, at(name), request)),
    ...(schema.items === undefined ? [] : ruleLists(schema.items, path, request)),
  ];
}

/** A ruleset's rules are one list at GitHub and a map in the provider. */
function ruleLists(items: Schema, path: string, request: Request) {
  if (items.oneOf === undefined) return limitsIn(items, `${path}[*]`, request);
  return items.oneOf.flatMap(({ properties = {} }) => {
    const rule = String(properties.type?.enum?.[0] ?? "");
    const { parameters } = properties;
    return parameters === undefined ? [] : limitsIn(parameters, `${path}.${camel(rule)}`, request);
  });
}
