import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, textAt, textsAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { requireBranch } from "./commit";
import {
  anotherRepository,
  branchKind,
  gitHash,
  hasSameName,
  isPrivate,
  keptWithRepository,
  labelKind,
  notFound,
  ownerName,
  repositoryName,
  repositoryNumber,
  requireRepository,
  requireWritableRepository,
} from "./repository-lookup";

export const oidcSubjectKind =
  "github:index/actionsRepositoryOidcSubjectClaimCustomizationTemplate:ActionsRepositoryOidcSubjectClaimCustomizationTemplate";

/** A setting that exists with its repository: making it changes it. */
function setting(type: string, rule: Omit<TypeRule, "type" | "identity">): TypeRule {
  return {
    keptAs: keptWithRepository,
    createOnly: [anotherRepository],
    takesOverExisting: true,
    service: {
      create: ({ world, inputs }) => {
        requireWritableRepository(world, inputs);
      },
    },
    ...rule,
    type,
    identity: {
      kind: "named",
      id: (inputs) => textAt(inputs, "repository") ?? "",
      inputs: (id) => ({ repository: id }),
    },
    required: ["repository", ...(rule.required ?? [])],
  };
}

function refuseIfPublic({ world, inputs }: ServiceContext): void {
  if (isPrivate(requireWritableRepository(world, inputs))) return;
  throw new ServiceError(
    "422",
    "Validation Failed: access policy only applies to internal and private repositories.",
    422,
  );
}

const branchRule: TypeRule = {
  type: branchKind,
  identity: {
    kind: "named",
    id: (inputs) => `${textAt(inputs, "repository")}:${textAt(inputs, "branch")}`,
    fromImport: (id) => id.split(":").slice(0, 2).join(":"),
  },
  takesOverExisting: true,
  required: ["repository", "branch"],
  keptAs: keptWithRepository,
  createOnly: ["repository", "branch", "sourceBranch", "sourceSha"],
  defaults: { sourceBranch: "main" },
  service: {
    create: ({ world, id, inputs }) => {
      const repository = requireWritableRepository(world, inputs);
      if (world.get(branchKind, id) !== undefined) throw new ServiceError("422", "Reference already exists", 422);
      const source = textAt(inputs, "sourceBranch") ?? "main";
      if (world.get(branchKind, `${repository.id}:${source}`) === undefined) {
        throw notFound(`/repos/${ownerName(world)}/${repositoryName(repository)}/git/ref/heads/${source}`);
      }
    },
  },
  computed: {
    names: ["ref", "sha", "etag"],
    stable: ["ref"],
    values: ({ world, inputs, existing }) => {
      const source = world.get(branchKind, `${requireRepository(world, inputs).id}:${textAt(inputs, "sourceBranch")}`);
      const sha = textAt((existing ?? source)?.properties ?? {}, "sha") ?? "";
      return { ref: `refs/heads/${textAt(inputs, "branch")}`, sha, etag: `W/"${gitHash(sha)}"` };
    },
  },
};

const issueLabelRule: TypeRule = {
  type: labelKind,
  identity: { kind: "named", id: (inputs) => `${textAt(inputs, "repository")}:${textAt(inputs, "name")}` },
  required: ["repository", "color"],
  name: {
    property: "name",
    pattern: /^.{1,50}$/,
    expected: "1 to 50 characters",
    code: "422",
    automatic: (logicalName, random) => ({ name: `${logicalName}-${random.hex(7)}`, random: false }),
  },
  // Its name is the program's own, so the old one goes first: the bridge's rule for what has a name.
  deleteBeforeReplace: "always",
  keptAs: keptWithRepository,
  createOnly: ["repository"],
  // A label that is there, GitHub's own or another, is refused below, as GitHub does.
  takesOverExisting: true,
  service: {
    create: (context) => refuseLabel(context, undefined),
    update: (context) => refuseLabel(context, context.existing.id),
  },
  computed: {
    names: ["url"],
    values: ({ world, inputs }) => ({
      url: `https://api.github.com/repos/${ownerName(world)}/${textAt(inputs, "repository")}/labels/${encodeURIComponent(textAt(inputs, "name") ?? "")}`,
    }),
  },
};

function refuseLabel({ world, inputs }: ServiceContext, ownId: string | undefined): void {
  requireWritableRepository(world, inputs);
  const color = textAt(inputs, "color") ?? "";
  if (!/^[0-9a-fA-F]{6}$/.test(color)) {
    throw new ServiceError("422", `Validation Failed [{Resource:Label Field:color Code:invalid}]: "${color}"`, 422);
  }
  if (!hasSameName(world, labelKind, inputs, ["repository", "name"], ownId)) return;
  const name = textAt(inputs, "name") ?? "";
  throw new ServiceError("422", `Validation Failed [{Resource:Label Field:name Code:already_exists}]: "${name}"`, 422);
}

/** The labels of a new repository with their colours. Source: docs.github.com, "Managing labels". */
const defaultLabels = {
  bug: "d73a4a",
  documentation: "0075ca",
  duplicate: "cfd3d7",
  enhancement: "a2eeef",
  "good first issue": "7057ff",
  "help wanted": "008672",
  invalid: "e4e669",
  question: "d876e3",
  wontfix: "ffffff",
};

export function makeDefaultLabels(world: WorldTransaction, repository: string): void {
  for (const [name, color] of Object.entries(defaultLabels)) {
    world.put({
      cloud: "github",
      kind: labelKind,
      id: `${repository}:${name}`,
      properties: { repository, name, color },
    });
  }
}

export const repositorySettingRules: readonly TypeRule[] = [
  branchRule,
  issueLabelRule,
  setting("github:index/branchDefault:BranchDefault", {
    required: ["branch"],
    service: {
      create: ({ world, inputs }) =>
        requireBranch(world, requireWritableRepository(world, inputs), textAt(inputs, "branch") ?? ""),
    },
    computed: {
      names: ["repositoryId"],
      stable: ["repositoryId"],
      values: ({ world, inputs }) => ({ repositoryId: repositoryNumber(requireRepository(world, inputs)) }),
    },
  }),
  setting("github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions", {
    allowed: { allowedActions: ["all", "local_only", "selected"] },
    check: (inputs) =>
      inputs.allowedActionsConfig !== undefined && textAt(inputs, "allowedActions") !== "selected"
        ? [{ property: "allowedActionsConfig", reason: 'needs allowedActions to be "selected"' }]
        : [],
    unordered: ["allowedActionsConfig.patternsAlloweds"],
    defaults: { enabled: true },
  }),
  setting("github:index/actionsRepositoryAccessLevel:ActionsRepositoryAccessLevel", {
    required: ["accessLevel"],
    allowed: { accessLevel: ["none", "user", "organization", "enterprise"] },
    // Source: docs.github.com/en/rest/actions/permissions, "Set the level of access for workflows outside of the repository": "This
    // endpoint only applies to private repositories."
    service: { create: refuseIfPublic, update: refuseIfPublic },
  }),
  setting("github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions", {
    allowed: { defaultWorkflowPermissions: ["read", "write"] },
  }),
  setting("github:index/repositoryDependabotSecurityUpdates:RepositoryDependabotSecurityUpdates", {
    required: ["enabled"],
    createOnly: ["repository"],
  }),
  setting(oidcSubjectKind, {
    required: ["useDefault"],
    check: (inputs) =>
      flagAt(inputs, "useDefault") === true && textsAt(inputs, "includeClaimKeys").length > 0
        ? [{ property: "includeClaimKeys", reason: "cannot be given when useDefault is true" }]
        : [],
  }),
];
