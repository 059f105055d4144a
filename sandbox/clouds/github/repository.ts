import type { PropertyMap } from "../../../deployment/values/property-value";
import { ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, numberAt, textAt } from "../read-property";
import type { TypeRule } from "../type-rule";
import { branchKind, findRepository, gitHash, ownerName, plan, repositoryKind } from "./repository-lookup";

/** What the provider sends where the program says nothing. */
const repositoryDefaults: PropertyMap = {
  allowAutoMerge: false,
  allowMergeCommit: true,
  allowRebaseMerge: true,
  allowSquashMerge: true,
  allowUpdateBranch: false,
  archived: false,
  deleteBranchOnMerge: false,
  isTemplate: false,
  mergeCommitMessage: "PR_TITLE",
  mergeCommitTitle: "MERGE_MESSAGE",
  squashMergeCommitMessage: "COMMIT_MESSAGES",
  squashMergeCommitTitle: "COMMIT_OR_PR_TITLE",
  webCommitSignoffRequired: false,
};

export const repositoryRule: TypeRule = {
  type: repositoryKind,
  identity: { kind: "named", id: (inputs) => textAt(inputs, "name") ?? "" },
  takesOverExisting: true,
  name: {
    property: "name",
    pattern: /^(?!\.{1,2}$)(?!.*\.(git|wiki)$)[A-Za-z0-9._-]{1,100}$/i,
    expected: "1 to 100 letters, digits, dots, dashes and underscores, not ending with .git or .wiki",
    code: "422",
    automatic: (logicalName, random) => ({ name: `${logicalName}-${random.hex(7)}`, random: false }),
  },
  allowed: { visibility: ["public", "private", "internal"] },
  check: (inputs) =>
    inputs.private !== undefined && inputs.visibility !== undefined
      ? [{ property: "private", reason: "only one of 'private' and 'visibility' can be given" }]
      : [],
  createOnly: ["fork", "sourceOwner", "sourceRepo", "template"],
  unordered: ["topics"],
  defaults: (inputs) => ({
    ...repositoryDefaults,
    visibility: flagAt(inputs, "private") === true ? "private" : "public",
  }),
  service: {
    create: ({ world, id, inputs }) => {
      refuseTakenName(world, id, undefined);
      refuseVisibility(world, inputs);
      if (flagAt(inputs, "autoInit") === true) makeBranch(world, id, textAt(inputs, "defaultBranch") ?? "main");
    },
    update: ({ world, inputs, existing }) => {
      refuseTakenName(world, textAt(inputs, "name") ?? "", existing.id);
      refuseVisibility(world, inputs);
    },
    delete: ({ world, existing }) => {
      if (flagAt(existing.properties, "archiveOnDestroy") === true) return;
      const name = textAt(existing.properties, "name") ?? existing.id;
      for (const branch of world.list(branchKind)) {
        if (branch.properties.repository === name) world.delete(branchKind, branch.id);
      }
    },
  },
  afterDelete: ({ existing }) =>
    flagAt(existing.properties, "archiveOnDestroy") === true ? { ...existing.properties, archived: true } : undefined,
  computed: {
    names: ["fullName", "htmlUrl", "httpCloneUrl", "gitCloneUrl", "sshCloneUrl", "svnUrl", "nodeId", "repoId", "etag"],
    stable: ["nodeId", "repoId"],
    values: ({ world, inputs, existing, random }) => {
      const fullName = `${ownerName(world)}/${textAt(inputs, "name") ?? ""}`;
      const repoId = numberAt(existing?.properties ?? {}, "repoId") ?? 100_000_000 + random.below(900_000_000);
      return {
        fullName,
        htmlUrl: `https://github.com/${fullName}`,
        httpCloneUrl: `https://github.com/${fullName}.git`,
        gitCloneUrl: `git://github.com/${fullName}.git`,
        sshCloneUrl: `git@github.com:${fullName}.git`,
        svnUrl: `https://github.com/${fullName}`,
        nodeId: `R_${gitHash(String(repoId)).slice(0, 12)}`,
        repoId,
        etag: `W/"${gitHash(JSON.stringify(inputs))}"`,
        ...(inputs.defaultBranch === undefined ? { defaultBranch: "main" } : {}),
      };
    },
  },
};

function refuseTakenName(world: WorldTransaction, name: string, ownId: string | undefined): void {
  const taken = findRepository(world, name);
  if (taken === undefined || taken.id === ownId) return;
  throw new ServiceError(
    "422",
    "Repository creation failed. [{Resource:Repository Field:name Code:custom Message:name already exists on this account}]",
    422,
  );
}

function refuseVisibility(world: WorldTransaction, inputs: PropertyMap): void {
  if (textAt(inputs, "visibility") !== "internal" || plan(world) === "enterprise") return;
  throw new ServiceError("422", "Visibility can't be internal: only organizations of an enterprise have it.", 422);
}

export function makeBranch(world: WorldTransaction, repository: string, branch: string): void {
  world.put({
    cloud: "github",
    kind: branchKind,
    id: `${repository}:${branch}`,
    properties: { repository, branch, ref: `refs/heads/${branch}`, sha: gitHash(`${repository}:${branch}`) },
  });
}
