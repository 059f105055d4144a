import { ActionsVariable } from "@pulumi/github/actionsVariable";
import * as pulumi from "@pulumi/pulumi";

export interface DeliverySettingsArgs {
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
