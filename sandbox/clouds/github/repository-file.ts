import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import { flagAt, textAt } from "../read-property";
import type { ServiceContext, TypeRule } from "../type-rule";
import { commit, refuseByRulesets, requireBranch } from "./commit";
import { makeBranch } from "./repository";
import {
  anotherRepository,
  branchKind,
  fileKind,
  gitHash,
  hasWorkflowsPermission,
  keptWithRepository,
  notFound,
  ownerName,
  repositoryName,
  repositoryNumber,
  requireWritableRepository,
} from "./repository-lookup";

/** A file of a repository: every create, update and delete is a commit to its branch. */
export const repositoryFileRule: TypeRule = {
  type: fileKind,
  identity: {
    kind: "named",
    id: (inputs) => `${textAt(inputs, "repository")}:${textAt(inputs, "file")}:${branchOf(inputs)}`,
    fromImport: (id) => (id.endsWith(":") ? `${id}main` : id),
  },
  takesOverExisting: true,
  required: ["repository", "file", "content"],
  keptAs: keptWithRepository,
  createOnly: [anotherRepository, "file", "branch"],
  defaults: (inputs) => ({ branch: "main", commitMessage: `Add ${textAt(inputs, "file") ?? ""}` }),
  oneAtATime: (inputs) => ({
    key: `github:${textAt(inputs, "repository")}:${branchOf(inputs)}`,
    refusal: () =>
      new ServiceError(
        "409",
        `${branchOf(inputs)} is at ${gitHash(`now ${textAt(inputs, "repository")}`)} but expected ${gitHash(`before ${textAt(inputs, "repository")}`)}: another commit to this branch of ${textAt(inputs, "repository")} came in between`,
        409,
      ),
  }),
  service: {
    create: (context) => {
      const { world, id, inputs } = context;
      if (flagAt(inputs, "autocreateBranch") === true) autocreateBranch(context);
      refuseCommit(context);
      if (world.get(fileKind, id) === undefined || flagAt(inputs, "overwriteOnCreate") === true) return;
      throw new ServiceError(
        "refusing_to_overwrite",
        `refusing to overwrite existing file ${textAt(inputs, "file")}: configure \`overwriteOnCreate\` to \`true\` to override`,
        422,
      );
    },
    update: refuseCommit,
    delete: (context) => {
      const repository = refuseCommit(context);
      commit(context.world, repository, branchOf(context.inputs), `delete ${context.id}`);
    },
  },
  computed: {
    names: ["commitSha", "sha", "ref", "repositoryId"],
    stable: ["ref", "repositoryId"],
    values: ({ world, id, inputs }) => {
      const repository = requireWritableRepository(world, inputs);
      const content = textAt(inputs, "content") ?? "";
      return {
        commitSha: commit(world, repository, branchOf(inputs), `${id} ${content}`),
        sha: gitHash(`blob ${Buffer.byteLength(content)}\0${content}`),
        ref: branchOf(inputs),
        repositoryId: repositoryNumber(repository),
      };
    },
  },
};

function branchOf(inputs: PropertyMap): string {
  return textAt(inputs, "branch") ?? "main";
}

function refuseCommit({ world, inputs }: ServiceContext) {
  const repository = requireWritableRepository(world, inputs);
  const file = textAt(inputs, "file") ?? "";
  if (file.startsWith("/")) throw invalidPath("path cannot start with a slash");
  if (file.split("/").some((part) => ["", ".", "..", ".git"].includes(part))) {
    throw invalidPath("path contains a malformed path component");
  }
  // GitHub hides what a token may not write: a missing Workflows permission looks as if the file's folder did not exist.
  if (file.startsWith(".github/workflows/") && !hasWorkflowsPermission(world)) {
    throw notFound(`/repos/${ownerName(world)}/${textAt(inputs, "repository")}/contents/${file}`);
  }
  requireBranch(world, repository, branchOf(inputs));
  refuseByRulesets(world, repository, branchOf(inputs));
  return repository;
}

function invalidPath(message: string): ServiceError {
  return new ServiceError("422", `${message} [{Resource:Commit Field:path Code:invalid Message:}]`, 422);
}

function autocreateBranch({ world, inputs }: ServiceContext): void {
  const repository = requireWritableRepository(world, inputs);
  const source = textAt(inputs, "autocreateBranchSourceBranch") ?? "main";
  if (world.get(branchKind, `${repository.id}:${branchOf(inputs)}`) !== undefined) return;
  if (world.get(branchKind, `${repository.id}:${source}`) === undefined) {
    throw notFound(`/repos/${ownerName(world)}/${repositoryName(repository)}/git/ref/heads/${source}`);
  }
  makeBranch(world, repository.id, repositoryName(repository), branchOf(inputs));
}
