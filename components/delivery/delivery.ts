import { ActionsRepositoryAccessLevel } from "@pulumi/github/actionsRepositoryAccessLevel";
import { ActionsVariable } from "@pulumi/github/actionsVariable";
import { IssueLabel } from "@pulumi/github/issueLabel";
import * as pulumi from "@pulumi/pulumi";
import { addRepositoryRules, type RepositoryRules } from "../repository/repository-rules";
import { ownedPatterns } from "./delivery-files";
import { requiredChecks } from "./delivery-plan";

export interface DeliveryArgs extends RepositoryRules {
  /** Whether workflows of the owner's other repositories may call its own. A public one's are called by everybody. Default: false. */
  readonly isCalled?: boolean;
}

/**
 * The rules of a repository that deploys itself: what a change of its branch needs, which actions may run and what they get.
 *
 * Its workflows are not made here: they are files of the repository, so that a change of them is reviewed (`npm run generate`).
 *
 * @example
 * ```ts
 * new Delivery("alai-infra", { repository: "alai-infra", owners: { team: 3000001, people: 2 }, rulesets: "offered", deployingApp: 600001 });
 * ```
 */
export class Delivery extends pulumi.ComponentResource {
  constructor(name: string, args: DeliveryArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:delivery:Delivery", name, {}, opts);
    const { repository } = args;
    addRepositoryRules(this, name, args, { checks: Object.values(requiredChecks), owned: ownedPatterns });
    if (args.isCalled === true)
      new ActionsRepositoryAccessLevel(name, { repository, accessLevel: "organization" }, { parent: this });
    const description = "A deployment without review, waiting for it";
    new IssueLabel(
      `${name}-break-glass`,
      { repository, name: "break-glass", color: "b60205", description },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

interface DeliverySettingsArgs {
  /** The repository whose workflows read them, without its owner. */
  readonly repository: pulumi.Input<string>;
  /** Values by the names that `delivery-plan.ts` gives them. Nothing secret. */
  readonly variables: Readonly<Record<string, pulumi.Input<string>>>;
}

/** Tells a repository's workflows where things are and as whom they sign in. */
export class DeliverySettings extends pulumi.ComponentResource {
  constructor(name: string, { repository, variables }: DeliverySettingsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:delivery:DeliverySettings", name, {}, opts);
    for (const [variableName, value] of Object.entries(variables)) {
      new ActionsVariable(`${name}-${variableName}`, { repository, variableName, value }, { parent: this });
    }
    this.registerOutputs({});
  }
}
