import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseBlock } from "../lib/ipv4";
import { isJsonObject } from "../lib/json-value";
import { alternatives, got } from "../lib/located-yaml/messages";
import type { Path } from "../lib/located-yaml/problem";
import { isProductionEnvironment } from "../lib/production-environments";
import { PackFile, packFileName } from "./pack-file";
import { parityOf, type StackParity } from "./parity/parity-settings";
import type { RuleLevel } from "./rule";
import { inventoryTiers, type Tier, tiersOf } from "./rules/shared/service-tiers";

/** What rules need to know of the stack they check. One file a stack, `parameters/<stack>.yaml`, and `preview.yaml` for all preview environments. */
export interface StackParameters {
  readonly stack: string;
  /** What the `Environment` tag must say. Default: the last part of the stack's name (`staging` of `latticeforge-staging`); `pr-12` of `latticeforge-pr-12`. */
  readonly environment: string;
  /** Whether it must hold what production promises. Default: when the environment is `prod`, `production` or `dr`. */
  readonly production: boolean;
  /** Whether it is meant to stay: what no rule reads is refused there. Default: every stack but the preview environments of pull requests. */
  readonly lasting: boolean;
  /** Public addresses (single or CIDR) declared to reach what is otherwise closed. Default: none. */
  readonly reachedBy: readonly string[];
  /** Logical names of Container Apps whose only callers come through the edge, and of their environments. Default: none. */
  readonly frontedByEdge: readonly string[];
  /** Logical names of public addresses from which apps call the world, and at which nobody answers. Default: none. */
  readonly outboundAddresses: readonly string[];
  /** Logical names of what gives buckets a name by which everybody reads them. Default: none. */
  readonly publicBuckets: readonly string[];
  /** Host names that others serve, so that they cannot stand behind the edge's proxy. Default: none. */
  readonly dnsOnly: readonly string[];
  /**
   * Where images may come from, our own registry too: beginnings that end with `/`, `@` or `:`. `*` stands for one name. Default: nowhere.
   * @example ["example.azurecr.io/", "public.ecr.aws/docker/library/"]
   */
  readonly imageSources: readonly string[];
  /** Images without a digest that may run until something is released. Default: none. */
  readonly placeholderImages: readonly string[];
  /** GitHub repositories that everybody may read. Default: none. */
  readonly publicRepositories: readonly string[];
  /** Secrets that the workflows of every branch of a repository may read, by name; `*` stands for one name. Default: none. */
  readonly repositorySecrets: readonly string[];
  /** GitHub environments that deployments reach without a reviewer. Default: none. */
  readonly unreviewedEnvironments: readonly string[];
  /** Logical names of jobs by the clock of which somebody outside the stack notices that they did not run. Default: none. */
  readonly silenceNoticedElsewhere: readonly string[];
  /**
   * What commands may run, word for word, and with `copy to` before it where they may put files; `*` stands for one name. Default: nothing.
   * @example ["sh '/srv/incoming/*\/install.sh'", "copy to /srv/incoming"]
   */
  readonly commands: readonly string[];
  /**
   * Roles beyond Reader on a subscription or a management group, and roles that give roles, by the logical name of the assignment;
   * `*` stands for one name. Default: none.
   * @example { "deploy-*": ["Contributor"] }
   */
  readonly wideRoles: Readonly<Record<string, readonly string[]>>;
  /**
   * Subjects of GitHub's tokens that may sign in, by the name of the identity at Azure; `*` stands for one name. Default: none.
   * @example { "alai-bootstrap-deploy-*": ["repo:alai-org/alai-infra:environment:*"] }
   */
  readonly federatedSubjects: Readonly<Record<string, readonly string[]>>;
  /** The Entra tenant whose principals may be let in; no other. Default: none, so that what names a tenant is refused. */
  readonly tenant: string;
  /**
   * Object ids of who may hold roles and administer databases, beside the identities that the stack makes: people's groups, machines
   * outside Azure. Who is in a group is not known here (docs/security.md). Default: none.
   */
  readonly principals: readonly string[];
  /** How many people must approve a change. Default: 2 in production, otherwise 1. */
  readonly approvals: number;
  /** For how many days databases can be taken back. Default: 14 in production, otherwise 7. */
  readonly backupDays: number;
  /**
   * Tiers by logical name; `*` at the end stands for anything: those of the services in the inventory that `tiersFrom` names, and
   * `tiers` for what is no service. Default: none.
   */
  readonly tiers: Readonly<Record<string, Tier>>;
  /** Levels that differ from the rules' own, by rule id. Default: none. */
  readonly levels: Readonly<Record<string, RuleLevel>>;
  /** Why a level is not `mandatory`, by rule id. */
  readonly levelReasons: Readonly<Record<string, string>>;
  /** The stack that it is tried for, and where it may differ from that. Default: it is compared with none. */
  readonly parity?: StackParity;
}

const knownKeys = [
  "environment",
  "production",
  "lasting",
  "reachedBy",
  "frontedByEdge",
  "outboundAddresses",
  "publicBuckets",
  "dnsOnly",
  "imageSources",
  "placeholderImages",
  "publicRepositories",
  "repositorySecrets",
  "unreviewedEnvironments",
  "silenceNoticedElsewhere",
  "commands",
  "wideRoles",
  "federatedSubjects",
  "tenant",
  "principals",
  "approvals",
  "backupDays",
  "tiers",
  "tiersFrom",
  "levels",
  "parity",
];

/** The stacks that are preview environments of pull requests: the environment is `pr-` and a number. They are all alike. */
const previewStack = /^(?:.+-)?(pr-\d+)$/;

/** The file that holds a stack's parameters, without its ending: the one of its name, `preview` for preview environments. */
function fileOf(stack: string): string {
  return previewStack.test(stack) ? "preview" : basename(stack);
}

/** Parameters of a stack that has no file. */
export function defaultParameters(stack: string): StackParameters {
  const environment = previewStack.exec(stack)?.[1] ?? stack.split("-").at(-1) ?? stack;
  return {
    stack,
    environment,
    lasting: !previewStack.test(stack),
    ...gradedParameters(isProductionEnvironment(environment)),
    reachedBy: [],
    frontedByEdge: [],
    outboundAddresses: [],
    publicBuckets: [],
    dnsOnly: [],
    imageSources: [],
    placeholderImages: [],
    publicRepositories: [],
    repositorySecrets: [],
    unreviewedEnvironments: [],
    silenceNoticedElsewhere: [],
    commands: [],
    wideRoles: {},
    federatedSubjects: {},
    tenant: "",
    principals: [],
    tiers: {},
    levels: {},
    levelReasons: {},
  };
}

/** What production asks for, and what other environments do. */
function gradedParameters(production: boolean): Pick<StackParameters, "production" | "approvals" | "backupDays"> {
  return { production, approvals: production ? 2 : 1, backupDays: production ? 14 : 7 };
}

/**
 * Reads the parameters of one stack.
 *
 * @param directory where the files are
 * @param ruleIds the rules that levels may name
 * @throws PolicyFileError with everything that is wrong with the file
 */
export function readStackParameters(directory: string, stack: string, ruleIds: readonly string[]): StackParameters {
  const path = join(directory, `${fileOf(stack)}.yaml`);
  const defaults = defaultParameters(stack);
  if (!existsSync(path)) return defaults;
  const file = new PackFile(packFileName(path), readFileSync(path, "utf8"));
  const content = file.mapping(file.content(), [], knownKeys);
  const environment = content.environment === undefined ? defaults.environment : file.text(content, "environment", []);
  const graded = gradedParameters(
    file.flag(content.production, ["production"], defaultParameters(environment).production),
  );
  const levels: LoweredLevel[] = ruleLevels(content.levels, ruleIds, file);
  const parity = parityOf(content.parity, directory, file);
  const parameters: StackParameters = {
    ...(parity === undefined ? {} : { parity }),
    stack,
    environment,
    production: graded.production,
    lasting: file.flag(content.lasting, ["lasting"], defaults.lasting),
    reachedBy: addresses(content.reachedBy, "reachedBy", file),
    frontedByEdge: file.listOfText(content.frontedByEdge, ["frontedByEdge"]),
    outboundAddresses: file.listOfText(content.outboundAddresses, ["outboundAddresses"]),
    publicBuckets: file.listOfText(content.publicBuckets, ["publicBuckets"]),
    dnsOnly: file.listOfText(content.dnsOnly, ["dnsOnly"]),
    imageSources: imageSources(content.imageSources, file),
    placeholderImages: file.listOfText(content.placeholderImages, ["placeholderImages"]),
    publicRepositories: file.listOfText(content.publicRepositories, ["publicRepositories"]),
    repositorySecrets: file.listOfText(content.repositorySecrets, ["repositorySecrets"]),
    unreviewedEnvironments: file.listOfText(content.unreviewedEnvironments, ["unreviewedEnvironments"]),
    silenceNoticedElsewhere: file.listOfText(content.silenceNoticedElsewhere, ["silenceNoticedElsewhere"]),
    commands: file.listOfText(content.commands, ["commands"]),
    wideRoles: file.listsByName(content.wideRoles, ["wideRoles"]),
    federatedSubjects: file.listsByName(content.federatedSubjects, ["federatedSubjects"]),
    tenant: content.tenant === undefined ? defaults.tenant : file.entraId(content.tenant, ["tenant"]),
    principals: file
      .listOfText(content.principals, ["principals"])
      .map((id, index) => file.entraId(id, ["principals", index])),
    approvals: file.count(content.approvals, ["approvals"], graded.approvals),
    backupDays: file.count(content.backupDays, ["backupDays"], graded.backupDays),
    tiers: { ...inventoryTiers(content.tiersFrom, directory, file), ...tiersOf(content.tiers, file) },
    levels: Object.fromEntries(levels.map(({ rule, level }) => [rule, level])),
    levelReasons: Object.fromEntries(
      levels.flatMap(({ rule, reason }) => (reason === undefined ? [] : [[rule, reason]])),
    ),
  };
  file.throwIfAny();
  return parameters;
}

/** The stacks that have parameters. */
export function stacksWithParameters(directory: string): readonly string[] {
  const files = readdirSync(directory).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => basename(file, ".yaml")).sort();
}

function addresses(value: unknown, key: string, file: PackFile): readonly string[] {
  const list = file.listOfText(value, [key]);
  for (const [index, address] of list.entries()) {
    if (parseBlock(address) === undefined) {
      file.add([key, index], `expected an IPv4 address or CIDR block${got(address)}`);
    }
  }
  return list;
}

/** A beginning that ends within a name would allow others' names that go on: `example.azurecr.io` of `example.azurecr.io.example.org`. */
function imageSources(value: unknown, file: PackFile): readonly string[] {
  const list = file.listOfText(value, ["imageSources"]);
  for (const [index, source] of list.entries()) {
    if (!/^[^/]+\/(?:.*[/@:])?$/.test(source)) {
      file.add(["imageSources", index], `expected a registry's host, and an end of "/", "@" or ":"${got(source)}`);
    }
    // A hundred pulls in six hours for an address without an account, and one more is a job that does not start.
    if (/^(?:[^/]+\.)?docker\.io\//.test(source)) {
      const instead = "use public.ecr.aws/docker/library/ for official images, or copy the image to our registry";
      file.add(["imageSources", index], `Docker Hub counts what is pulled without an account; ${instead}`);
    }
  }
  return list;
}

/** Whether a text is what a parameter says, in which `*` stands for one name: letters, digits, `.`, `_` and `-`. */
export function matchesWhole(text: string, pattern: string): boolean {
  return new RegExp(`^(?:${expression(pattern)})$`).test(text);
}

/** Whether a text begins as a parameter says; see {@link matchesWhole}. */
export function matchesBeginning(text: string, pattern: string): boolean {
  return new RegExp(`^(?:${expression(pattern)})`).test(text);
}

/** The lists of the names that a text matches. */
export function listsOf(text: string, lists: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return Object.entries(lists).flatMap(([name, list]) => (matchesWhole(text, name) ? list : []));
}

function expression(pattern: string): string {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return parts.join("[A-Za-z0-9_][A-Za-z0-9._-]*");
}

const knownLevels: readonly RuleLevel[] = ["mandatory", "advisory", "disabled"];

/** A rule's level in one stack. */
interface LoweredLevel {
  readonly rule: string;
  readonly level: RuleLevel;
  /** Given for every level but `mandatory`. */
  readonly reason: string | undefined;
}

/**
 * Reads the levels of a stack's parameters: `rule: mandatory`, or with a reason
 * `rule: { level: disabled, reason: … }`. Only what makes a rule stricter goes without one.
 *
 * @param ruleIds the rules that may be named
 */
function ruleLevels(value: unknown, ruleIds: readonly string[], file: PackFile): LoweredLevel[] {
  if (value === undefined || value === null) return [];
  const content = file.mapping(value, ["levels"], ruleIds);
  return Object.entries(content).flatMap(([rule, given]) => levelOf(rule, given, file));
}

function levelOf(rule: string, given: unknown, file: PackFile): LoweredLevel[] {
  const path: Path = ["levels", rule];
  const content = isJsonObject(given) ? file.mapping(given, path, ["level", "reason"]) : { level: given };
  const level = knownLevels.find((known) => known === content.level);
  if (level === undefined) {
    file.add(path, `expected ${alternatives(knownLevels)}${got(content.level)}`);
    return [];
  }
  if (level === "mandatory") return [{ rule, level, reason: undefined }];
  if (isJsonObject(given)) return [{ rule, level, reason: file.text(content, "reason", path) }];
  file.add(path, `expected { level: ${level}, reason: … }: what is not mandatory has a reason`);
  return [];
}
