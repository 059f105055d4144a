import { type Provider, ServiceError } from "../../engine/provider";
import type { World } from "../../world/world";
import { EmulatedProvider, type EmulatedProviderOptions } from "../emulated-provider";
import { genericObject } from "../type-rule";
import { deploymentPolicyRules, repositoryEnvironmentRule } from "./environment";
import { invokeGitHub } from "./functions";
import { repositoryRule } from "./repository";
import { repositoryFileRule } from "./repository-file";
import { notFound } from "./repository-lookup";
import { repositorySettingRules } from "./repository-settings";
import { branchProtectionRule, repositoryRulesetRule } from "./ruleset";
import { secretAndVariableRules } from "./secrets-and-variables";

/** The `github` package over the emulated world: one organisation with its repositories, people and teams. */
export function githubProvider(world: World, options: EmulatedProviderOptions = {}): Provider {
  return new EmulatedProvider(
    {
      packageName: "github",
      behaviour: {
        cloud: "github",
        alreadyExists: (id) => new ServiceError("409", 409, `Already exists - ${id} already exists`),
        notFound,
        updateRecreates: false,
      },
      rules: [
        repositoryRule,
        repositoryFileRule,
        repositoryRulesetRule,
        branchProtectionRule,
        repositoryEnvironmentRule,
        ...deploymentPolicyRules,
        ...secretAndVariableRules,
        ...repositorySettingRules,
      ],
      unmodelledRule: genericObject,
      invoke: invokeGitHub,
      comparesWithState: true,
      replacingConfig: ["owner"],
    },
    world,
    options,
  );
}
