import { equalProperties, type PropertyMap } from "../../../deployment/values/property-value";
import { type CheckFailure, ServiceError } from "../../engine/provider";
import type { WorldTransaction } from "../../world/world";
import { flagAt, numberAt, textAt, textsAt, valueAt } from "../read-property";
import type { RepeatableRandom } from "../repeatable-random";
import type { TypeRule } from "../type-rule";
import {
  belongings,
  branchKind,
  findRepository,
  formerNameKind,
  gitHash,
  isNamed,
  ownerName,
  plan,
  renameBelongings,
  repositoryKind,
  repositoryName,
  repositoryNumber,
} from "./repository-lookup";
import { makeDefaultLabels } from "./repository-settings";

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

/** Source: docs.github.com, "Classifying your repository with topics". */
const maximumTopics = 20;

export const repositoryRule: TypeRule = {
  type: repositoryKind,
  identity: { kind: "named", id: (inputs) => textAt(inputs, "name") ?? "" },
  takesOverExisting: true,
  keptAs: (world, id, properties) => {
    const same = world.list(repositoryKind).find((one) => repositoryNumber(one) === properties.repoId);
    return (same ?? findRepository(world, id))?.id ?? id;
  },
  name: {
    property: "name",
    pattern: /^(?!\.{1,2}$)(?!.*\.(git|wiki)$)[A-Za-z0-9._-]{1,100}$/i,
    expected: "1 to 100 letters, digits, dots, dashes and underscores, not ending with .git or .wiki",
    code: "422",
    automatic: (logicalName, random) => ({ name: `${logicalName}-${random.hex(7)}`, random: false }),
  },
  allowed: { visibility: ["public", "private", "internal"] },
  check: (inputs) => [
    ...(inputs.private !== undefined && inputs.visibility !== undefined
      ? [{ property: "private", reason: "only one of 'private' and 'visibility' can be given" }]
      : []),
    ...badTopics(inputs),
  ],
  createOnly: ["fork", "sourceOwner", "sourceRepo", "template"],
  unordered: ["topics"],
  defaults: (inputs) => ({
    ...repositoryDefaults,
    visibility: flagAt(inputs, "private") === true ? "private" : "public",
  }),
  service: {
    create: ({ world, id, inputs }) => {
      refuseTakenName(world, id, undefined);
      makeRoom(world, id);
      refuseVisibility(world, inputs);
      refuseMerging(inputs);
      refuseAdvancedSecurity(inputs, undefined);
      makeDefaultLabels(world, id);
      if (flagAt(inputs, "autoInit") === true) makeBranch(world, id, id, textAt(inputs, "defaultBranch") ?? "main");
    },
    update: ({ world, inputs, existing }) => {
      refuseTakenName(world, textAt(inputs, "name") ?? "", existing.id);
      refuseVisibility(world, inputs);
      refuseMerging(inputs);
      refuseAdvancedSecurity(inputs, existing.properties);
      renameBelongings(world, existing, textAt(inputs, "name") ?? "");
    },
    delete: ({ world, existing }) => {
      if (flagAt(existing.properties, "archiveOnDestroy") === true) return;
      for (const { kind, id } of belongings(world, existing)) world.delete(kind, id);
    },
  },
  afterDelete: ({ existing }) =>
    flagAt(existing.properties, "archiveOnDestroy") === true ? { ...existing.properties, archived: true } : undefined,
  computed: {
    names: ["fullName", "htmlUrl", "httpCloneUrl", "gitCloneUrl", "sshCloneUrl", "svnUrl", "nodeId", "repoId", "etag"],
    stable: ["nodeId", "repoId"],
    values: ({ world, inputs, existing, random }) => {
      const fullName = `${ownerName(world)}/${textAt(inputs, "name") ?? ""}`;
      const repoId = numberAt(existing?.properties ?? {}, "repoId") ?? freeNumber(world, random);
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
  if (taken === undefined || taken.id === ownId || !isNamed(taken, name)) return;
  throw new ServiceError(
    "422",
    "Repository creation failed. [{Resource:Repository Field:name Code:custom Message:name already exists on this account}]",
    422,
  );
}

function freeNumber(world: WorldTransaction, random: RepeatableRandom): number {
  const taken = world.list(repositoryKind).map(repositoryNumber);
  for (;;) {
    const number = 100_000_000 + random.below(900_000_000);
    if (!taken.includes(number)) return number;
  }
}

/** A repository that took a name which a renamed one had ends the redirect to that one. */
function makeRoom(world: WorldTransaction, name: string): void {
  world.delete(formerNameKind, name);
  const renamed = world.get(repositoryKind, name);
  if (renamed === undefined) return;
  const id = repositoryName(renamed);
  for (const object of [renamed, ...belongings(world, renamed)]) {
    if (object.id !== name && !object.id.startsWith(`${name}:`)) continue;
    world.delete(object.kind, object.id);
    world.put({ ...object, id: `${id}${object.id.slice(name.length)}` });
  }
}

function refuseVisibility(world: WorldTransaction, inputs: PropertyMap): void {
  if (textAt(inputs, "visibility") !== "internal" || plan(world) === "enterprise") return;
  throw new ServiceError("422", "Visibility can't be internal: only organizations of an enterprise have it.", 422);
}

/** The provider's pattern of a topic. How many there are, GitHub counts. */
function badTopics(inputs: PropertyMap): readonly CheckFailure[] {
  return textsAt(inputs, "topics")
    .filter((topic) => !/^[a-z0-9][a-z0-9-]{0,49}$/.test(topic))
    .map((topic) => ({
      property: "topics",
      reason: `a topic has up to 50 lower-case letters, digits and hyphens and starts with no hyphen, got "${topic}"`,
    }));
}

/** By title, the messages that go with it: the forms of `gh repo edit` and of the settings page, cli/cli#10092. */
const mergeTexts = {
  squash: { PR_TITLE: ["PR_BODY", "COMMIT_MESSAGES", "BLANK"], COMMIT_OR_PR_TITLE: ["COMMIT_MESSAGES"] },
  merge: { PR_TITLE: ["PR_BODY", "BLANK"], MERGE_MESSAGE: ["PR_TITLE"] },
};

function refuseMerging(inputs: PropertyMap): void {
  const [merge, squash, rebase] = ["allowMergeCommit", "allowSquashMerge", "allowRebaseMerge"].map(
    (method) => flagAt(inputs, method) === true,
  );
  if (!merge && !squash && !rebase) {
    throw invalidRepository("Either :allow_merge_commit, :allow_squash_merge or :allow_rebase_merge must be true");
  }
  // The provider sends title and message only of the methods that are allowed.
  if (squash) refuseMergeTexts(inputs, "squashMerge", mergeTexts.squash);
  if (merge) refuseMergeTexts(inputs, "merge", mergeTexts.merge);
  if (textsAt(inputs, "topics").length > maximumTopics) {
    throw invalidRepository(`A repository cannot have more than ${maximumTopics} topics.`);
  }
}

function refuseMergeTexts(inputs: PropertyMap, prefix: string, messages: Readonly<Record<string, readonly string[]>>) {
  const title = textAt(inputs, `${prefix}CommitTitle`) ?? "";
  const message = textAt(inputs, `${prefix}CommitMessage`) ?? "";
  if (Object.hasOwn(messages, title) && messages[title]?.includes(message) === true) return;
  const pairs = Object.entries(messages).flatMap(([of, all]) => all.map((each) => `${of} with ${each}`));
  throw invalidRepository(
    `${prefix}CommitTitle ${title} with ${prefix}CommitMessage ${message} is no combination: expected ${pairs.join(", ")}`,
  );
}

/** A change of anything else leaves it out of what the provider sends. */
function refuseAdvancedSecurity(inputs: PropertyMap, before: PropertyMap | undefined): void {
  const settings = valueAt(inputs, "securityAndAnalysis");
  const isSent = !equalProperties(settings, before === undefined ? undefined : valueAt(before, "securityAndAnalysis"));
  if (!isSent || textAt(inputs, "visibility") !== "public") return;
  if (valueAt(inputs, "securityAndAnalysis.advancedSecurity") === undefined) return;
  throw new ServiceError("422", "Advanced security is always available for public repos", 422);
}

function invalidRepository(message: string): ServiceError {
  return new ServiceError("422", `Validation Failed [{Resource:Repository Code:custom Message:${message}}]`, 422);
}

/** @param id the repository's in the world */
export function makeBranch(world: WorldTransaction, id: string, repository: string, branch: string): void {
  world.put({
    cloud: "github",
    kind: branchKind,
    id: `${id}:${branch}`,
    properties: { repository, branch, ref: `refs/heads/${branch}`, sha: gitHash(`${repository}:${branch}`) },
  });
}
