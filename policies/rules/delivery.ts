import { allOf, compliant, each, notApplicable, type RuleOutcome, undecided, violation } from "../outcome";
import {
  comparedTypes,
  liesWithin,
  type ResourceSettings,
  type SettingValue,
  settingsOf,
} from "../parity/compared-settings";
import { type StackParity, shapeKey } from "../parity/parity-settings";
import { type PolicyResource, type PolicyRule, rulesOf } from "../rule";
import { matchesBeginning, type StackParameters } from "../stack-parameters";
import { containersOf, containerTypes } from "./shared/container-parts";
import { comparable, items, type Reading, read, readWithin } from "./shared/property-reading";
import { requireNumber, requireSetting, requireValue } from "./shared/requirements";

/** What protects branches: rulesets, and the older branch protections. */
const branchRuleTypes = [
  "github:index/repositoryRuleset:RepositoryRuleset",
  "github:index/branchProtection:BranchProtection",
];

export const deliveryRules = rulesOf("delivery", [
  {
    id: "actions-pinned",
    benchmarkRow: 75,
    controls: ["Own"],
    description: "Workflows name actions by commit.",
    remediation: "Set shaPinningRequired to true.",
    types: ["github:index/actionsRepositoryPermissions:ActionsRepositoryPermissions"],
    evaluate: requireSetting("shaPinningRequired", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "branch-approvals",
    benchmarkRow: 74,
    controls: ["CIS GitHub 1.1.x", "CKV_GIT_5/6"],
    description: "As many people approve a change as the stack's approvals say: 2 in production.",
    remediation:
      "Raise rules.pullRequest.requiredApprovingReviewCount (requiredPullRequestReviews[].requiredApprovingReviewCount for branch protections).",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      (ruleset, { approvals }) =>
        requireNumber(read(ruleset, "rules.pullRequest.requiredApprovingReviewCount"), {
          atLeast: approvals,
          absent: "violates",
        }),
      (protection, { approvals }) =>
        requireNumber(reviewSetting(protection, "requiredApprovingReviewCount"), {
          atLeast: approvals,
          absent: "violates",
        }),
    ),
  },
  {
    id: "branch-linear-history",
    benchmarkRow: 74,
    controls: ["CIS GitHub 1.1.x"],
    description: "Protected branches have a linear history.",
    remediation: "Set rules.requiredLinearHistory (requiredLinearHistory for branch protections) to true.",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      requireSetting("rules.requiredLinearHistory", { oneOf: [true], absent: "violates" }),
      requireSetting("requiredLinearHistory", { oneOf: [true], absent: "violates" }),
    ),
  },
  {
    id: "branch-no-deletion",
    benchmarkRow: 74,
    controls: ["CIS GitHub 1.1.x"],
    description: "Nobody deletes protected branches.",
    remediation: "Set rules.deletion to true (allowsDeletions to false for branch protections).",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      requireSetting("rules.deletion", { oneOf: [true], absent: "violates" }),
      requireSetting("allowsDeletions", { oneOf: [false], absent: "complies" }),
    ),
  },
  {
    id: "branch-no-force-push",
    benchmarkRow: 74,
    controls: ["CIS GitHub 1.1.x"],
    description: "Nobody rewrites protected branches.",
    remediation: "Set rules.nonFastForward to true (allowsForcePushes to false for branch protections).",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      requireSetting("rules.nonFastForward", { oneOf: [true], absent: "violates" }),
      requireSetting("allowsForcePushes", { oneOf: [false], absent: "complies" }),
    ),
  },
  {
    id: "branch-resolved-conversations",
    benchmarkRow: 74,
    controls: ["CIS GitHub 1.1.x"],
    description: "Conversations are resolved before a change is merged.",
    remediation:
      "Set rules.pullRequest.requiredReviewThreadResolution (requireConversationResolution for branch protections) to true.",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      requireSetting("rules.pullRequest.requiredReviewThreadResolution", { oneOf: [true], absent: "violates" }),
      requireSetting("requireConversationResolution", { oneOf: [true], absent: "violates" }),
    ),
  },
  {
    id: "branch-rules-enforced",
    benchmarkRow: 74,
    controls: ["CIS GitHub 1.1.x"],
    description:
      "Rules for branches are enforced, for administrators too; who may go around them does so in a pull request.",
    remediation:
      "Set enforcement to active and bypassMode to pull_request for people (enforceAdmins to true for branch protections).",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      (ruleset) =>
        allOf([
          requireValue(read(ruleset, "enforcement"), { oneOf: ["active"], absent: "violates" }),
          ...each(items(read(ruleset, "bypassActors")), requireWitness),
        ]),
      requireSetting("enforceAdmins", { oneOf: [true], absent: "violates" }),
    ),
  },
  {
    id: "branch-signed-commits",
    benchmarkRow: 74,
    controls: ["CKV_GIT_5/6"],
    description: "Commits on protected branches are signed.",
    remediation: "Set rules.requiredSignatures (requireSignedCommits for branch protections) to true.",
    types: branchRuleTypes,
    evaluate: checkBranchRule(
      requireSetting("rules.requiredSignatures", { oneOf: [true], absent: "violates" }),
      requireSetting("requireSignedCommits", { oneOf: [true], absent: "violates" }),
    ),
  },
  {
    id: "container-image-digest",
    benchmarkRow: 49,
    controls: ["aca-azure-policy"],
    description: "Container images are named by digest, so that what was checked is what runs.",
    remediation: "Name the image as repository@sha256:…, or declare it in the stack's placeholderImages.",
    types: containerTypes,
    evaluate: (app, stack) =>
      allOf(
        each(containersOf(app), (container) => requireDigest(readWithin(container, "image"), stack.placeholderImages)),
      ),
  },
  {
    id: "container-image-source",
    benchmarkRow: 49,
    controls: ["aca-azure-policy"],
    description:
      "Container images come from where the stack's imageSources allow, which name our own registry by its host.",
    remediation: "Copy the image to our registry, or declare where it comes from in the stack's imageSources.",
    types: containerTypes,
    evaluate: (app, stack) =>
      allOf([
        ...each(containersOf(app), (container) => requireSource(readWithin(container, "image"), stack)),
        // Whoever answers at a registry's host is sent the app's token.
        ...each(items(read(app, "configuration.registries")), (one) => requireHost(readWithin(one, "server"), stack)),
      ]),
  },
  {
    id: "registry-cache-source",
    controls: ["Own"],
    description: "What a registry of ours fetches from elsewhere comes from where the stack's imageSources allow.",
    remediation: "Remove the cache rule, or declare where it fetches from in the stack's imageSources.",
    types: ["azure-native:containerregistry:CacheRule"],
    evaluate: (rule, stack) => requireSource(read(rule, "sourceRepository"), stack),
  },
  /**
   * Compares stacks by inputs, resource by resource: outputs, which rules about whole stacks see, also hold what services fill in. The
   * other stack's inputs are a file of the pack, so that the answer depends on nothing but what is reviewed.
   */
  {
    id: "stack-parity",
    controls: ["Own"],
    description: "What is tried in staging or dev has the settings that production has, but for declared differences.",
    remediation:
      "Set it as there, or declare the difference with its reason under parity.differs of the stack's parameters.",
    level: "advisory",
    types: comparedTypes,
    comparesOnly: true,
    evaluate: (resource, { parity }) => {
      if (parity === undefined) return notApplicable("the stack is compared with no other");
      const there = parity.shape().resources[shapeKey(resource)];
      if (there === undefined) return notApplicable(`there is no such resource in ${parity.with}`);
      const declared = parity.differs.filter(({ type }) => type === resource.type).map(({ property }) => property);
      return compared(settingsOf(resource), there, { declared, parity });
    },
  },
]);

/** Apps deploy by themselves; people show what they do. */
function requireWitness(actor: Reading): RuleOutcome {
  const type = readWithin(actor, "actorType");
  if (type.state === "known" && comparable(type.value) === "integration") return compliant;
  return requireValue(readWithin(actor, "bypassMode"), { oneOf: ["pull_request"], absent: "violates" });
}

function requireDigest(image: Reading, placeholders: readonly string[]): RuleOutcome {
  const text = image.state === "known" ? String(image.value) : "";
  if (/@sha256:[0-9a-f]{64}$/.test(text) || placeholders.includes(text)) return compliant;
  return violation(image.path, "is not named by digest");
}

function requireSource(image: Reading, { imageSources, placeholderImages }: StackParameters): RuleOutcome {
  const text = image.state === "known" ? String(image.value) : "";
  const isAllowed = imageSources.some((source) => matchesBeginning(text, source)) || placeholderImages.includes(text);
  return isAllowed ? compliant : violation(image.path, "comes from a registry that is not allowed");
}

function requireHost(server: Reading, { imageSources }: StackParameters): RuleOutcome {
  // The host is all that comes before the first slash, so a source that allows some of its images allows it.
  const host = server.state === "known" ? String(server.value).toLowerCase() : "";
  const hosts = imageSources.map((source) => source.slice(0, source.indexOf("/") + 1));
  const isAllowed = hosts.some((allowed) => matchesBeginning(`${host}/`, allowed));
  return isAllowed ? compliant : violation(server.path, `is ${JSON.stringify(host)}, which imageSources do not name`);
}

interface Comparison {
  readonly declared: readonly string[];
  readonly parity: StackParity;
}

function compared(here: ResourceSettings, there: ResourceSettings, { declared, parity }: Comparison): RuleOutcome {
  const within = (path: string, containers: readonly string[]) => containers.some((each) => liesWithin(path, each));
  const isCompared = (path: string) => !within(path, there.computed) && !within(path, declared);
  const named = [...Object.keys(there.settings), ...Object.keys(here.settings), ...here.computed];
  const paths = new Set(named.filter(isCompared));
  const outcomes = [...paths].map((path): RuleOutcome => {
    const open = here.computed.find((computed) => liesWithin(path, computed));
    if (open !== undefined) return undecided(open);
    return comparedSetting(path, here.settings[path], there.settings[path], parity.with);
  });
  return allOf(outcomes);
}

/** Says the other stack's value, which is reviewed in a file; this one's may be anything, also a secret. */
function comparedSetting(
  path: string,
  here: SettingValue | undefined,
  there: SettingValue | undefined,
  other: string,
): RuleOutcome {
  if (there === undefined) return violation(path, `is set, but not in ${other}`);
  if (here === undefined) return violation(path, `is not set; it is ${JSON.stringify(there)} in ${other}`);
  // Services compare their settings without regard to case.
  const isSame = String(here).toLowerCase() === String(there).toLowerCase();
  return isSame ? allOf([]) : violation(path, `is not ${JSON.stringify(there)}, as it is in ${other}`);
}

/** Checks what a ruleset, or a branch protection, says of a branch. Rulesets for tags and pushes are not applicable. */
function checkBranchRule(ruleset: PolicyRule["evaluate"], protection: PolicyRule["evaluate"]): PolicyRule["evaluate"] {
  return (resource, stack, today) => {
    if (resource.type.endsWith(":BranchProtection")) return protection(resource, stack, today);
    const target = read(resource, "target");
    const isBranch = target.state === "absent" || comparable(target.value) === "branch";
    return isBranch ? ruleset(resource, stack, today) : notApplicable("the ruleset is not about branches");
  };
}

/** A setting of the reviews that a branch protection asks for. They are a list of at most one. */
function reviewSetting(protection: PolicyResource, name: string): Reading {
  const reviews = read(protection, "requiredPullRequestReviews");
  return readWithin(items(reviews)[0] ?? reviews, name);
}
