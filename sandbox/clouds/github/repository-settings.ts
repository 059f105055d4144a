import { ServiceError } from "../../engine/provider";
import { flagAt, textAt, textsAt } from "../read-property";
import type { TypeRule } from "../type-rule";
import { repositoryName, requireBranch } from "./commit";
import {
  branchKind,
  gitHash,
  notFound,
  ownerName,
  repositoryNumber,
  requireRepository,
  requireWritableRepository,
} from "./repository-lookup";

export const oidcSubjectKind =
  "github:index/actionsRepositoryOidcSubjectClaimCustomizationTemplate:ActionsRepositoryOidcSubjectClaimCustomizationTemplate";

/** A setting that exists with its repository: making it changes it. */
function setting(type: string, rule: Omit<TypeRule, "type" | "identity">): TypeRule {
  return {
    createOnly: ["repository"],
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

const branchRule: TypeRule = {
  type: branchKind,
  identity: {
    kind: "named",
    id: (inputs) => `${textAt(inputs, "repository")}:${textAt(inputs, "branch")}`,
    fromImport: (id) => id.split(":").slice(0, 2).join(":"),
  },
  takesOverExisting: true,
  required: ["repository", "branch"],
  createOnly: ["repository", "branch", "sourceBranch", "sourceSha"],
  defaults: { sourceBranch: "main" },
  service: {
    create: ({ world, id, inputs }) => {
      const repository = requireWritableRepository(world, inputs);
      if (world.get(branchKind, id) !== undefined) throw new ServiceError("422", "Reference already exists", 422);
      const source = textAt(inputs, "sourceBranch") ?? "main";
      if (world.get(branchKind, `${repositoryName(repository)}:${source}`) === undefined) {
        throw notFound(`/repos/${ownerName(world)}/${repositoryName(repository)}/git/ref/heads/${source}`);
      }
    },
  },
  computed: {
    names: ["ref", "sha", "etag"],
    stable: ["ref"],
    values: ({ world, inputs, existing }) => {
      const source = world.get(branchKind, `${textAt(inputs, "repository")}:${textAt(inputs, "sourceBranch")}`);
      const sha = textAt((existing ?? source)?.properties ?? {}, "sha") ?? "";
      return { ref: `refs/heads/${textAt(inputs, "branch")}`, sha, etag: `W/"${gitHash(sha)}"` };
    },
  },
};

const issueLabelRule: TypeRule = {
  type: "github:index/issueLabel:IssueLabel",
  identity: { kind: "named", id: (inputs) => `${textAt(inputs, "repository")}:${textAt(inputs, "name")}` },
  required: ["repository", "color"],
  name: {
    property: "name",
    pattern: /^.{1,50}$/,
    expected: "1 to 50 characters",
    code: "422",
    automatic: (logicalName, random) => ({ name: `${logicalName}-${random.hex(7)}`, random: false }),
  },
  createOnly: ["repository"],
  service: {
    create: ({ world, inputs }) => {
      requireWritableRepository(world, inputs);
      const color = textAt(inputs, "color") ?? "";
      if (/^[0-9a-fA-F]{6}$/.test(color)) return;
      throw new ServiceError("422", `Validation Failed [{Resource:Label Field:color Code:invalid}]: "${color}"`, 422);
    },
  },
  computed: {
    names: ["url"],
    values: ({ world, inputs }) => ({
      url: `https://api.github.com/repos/${ownerName(world)}/${textAt(inputs, "repository")}/labels/${encodeURIComponent(textAt(inputs, "name") ?? "")}`,
    }),
  },
};

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
  setting("github:index/workflowRepositoryPermissions:WorkflowRepositoryPermissions", {
    allowed: { defaultWorkflowPermissions: ["read", "write"] },
  }),
  setting("github:index/repositoryDependabotSecurityUpdates:RepositoryDependabotSecurityUpdates", {
    required: ["enabled"],
  }),
  setting(oidcSubjectKind, {
    required: ["useDefault"],
    check: (inputs) =>
      flagAt(inputs, "useDefault") === true && textsAt(inputs, "includeClaimKeys").length > 0
        ? [{ property: "includeClaimKeys", reason: "cannot be given when useDefault is true" }]
        : [],
  }),
];
