import { allOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import { rulesOf } from "../rule";
import { matchesWhole, type StackParameters } from "../stack-parameters";
import { readDocument } from "./shared/hujson-document";
import { allHold, entries, isEmpty, items, type Reading, read } from "./shared/property-reading";
import { requireEmpty } from "./shared/requirements";

const azure = (module: string, ...names: string[]) => names.map((name) => `azure-native:${module}:${name}`);

/** Where a template is written, and properties from which more of it comes. */
interface TemplatePlace {
  readonly template: string;
  readonly others: readonly string[];
}

const inProperties: TemplatePlace = { template: "properties.template", others: ["properties.templateLink"] };
const onTop: TemplatePlace = { template: "template", others: ["templateLink"] };

const templates: Readonly<Record<string, TemplatePlace>> = Object.fromEntries([
  ...["", "AtManagementGroupScope", "AtScope", "AtSubscriptionScope", "AtTenantScope"].flatMap((at) =>
    azure("resources", `Deployment${at}`).map((type) => [type, inProperties]),
  ),
  ...["AtManagementGroup", "AtResourceGroup", "AtSubscription"].flatMap((at) =>
    azure("resources", `DeploymentStack${at}`).map((type) => [type, onTop]),
  ),
  ["azure-native:resources:TemplateSpecVersion", { template: "mainTemplate", others: ["linkedTemplates"] }],
]);

/** What holds code, or any kind of resource, with the properties that it is in or comes from. */
const scripts: Readonly<Record<string, readonly string[]>> = Object.fromEntries([
  ...azure("resources", "AzureCliScript", "AzurePowerShellScript").map((type) => [
    type,
    ["scriptContent", "primaryScriptUri", "supportingScriptUris"],
  ]),
  ["azure-native:resources:Resource", ["resourceType", "properties"]],
  ["azure-native:automation:Runbook", ["publishContentLink", "draft"]],
  ...azure("compute", "VirtualMachineRunCommandByVirtualMachine", "VirtualMachineScaleSetVMRunCommand").map((type) => [
    type,
    ["source"],
  ]),
  ...azure(
    "compute",
    "VirtualMachineExtension",
    "VirtualMachineScaleSetExtension",
    "VirtualMachineScaleSetVMExtension",
  ).map((type) => [type, ["type", "settings", "protectedSettings"]]),
  ["azure-native:containerregistry:Task", ["step"]],
  ["azure-native:containerregistry:TaskRun", ["runRequest"]],
]);

export const unreadContentRules = rulesOf("delivery", [
  {
    id: "content-read",
    controls: ["Own"],
    description:
      "Everything in Azure is made as a resource whose type rules know: not by templates, scripts, extensions or generic resources, whose content no rule reads.",
    remediation: "Write the resources that it makes into the program.",
    types: [...Object.keys(templates), ...Object.keys(scripts)],
    evaluate: (resource) => {
      const place = templates[resource.type];
      const unread = place?.others ?? scripts[resource.type] ?? [];
      return allOf([
        ...unread.map((name) => requireEmpty(read(resource, name), "is content that no rule reads")),
        ...each(place === undefined ? [] : [read(resource, place.template)], requireNoResources),
      ]);
    },
  },
  {
    id: "content-command",
    controls: ["Own"],
    description: "Commands run, and put files, only where the stack's commands say so, word for word.",
    remediation: "Make it a resource, or declare the command in the stack's commands.",
    types: [
      "command:local:Command",
      "command:remote:Command",
      "command:remote:CopyFile",
      "command:remote:CopyToRemote",
    ],
    evaluate: (command, stack) => {
      const copies = command.type.startsWith("command:remote:Copy");
      const texts = (copies ? ["remotePath"] : ["create", "update", "delete"]).map((name) => read(command, name));
      if (allHold(texts.map((text) => () => isEmpty(text)))) return notApplicable("it does nothing");
      return allOf([
        ...each(texts, (text) => requireDeclared(text, copies ? "copy to " : "", stack)),
        // Both change what the same words do.
        requireEmpty(read(command, "environment"), "changes what the command does"),
        ...items(read(command, "interpreter")).map((one) => requireEmpty(one, "changes what the command does")),
      ]);
    },
  },
]);

/** A template may say that there is nothing: text or document. Azure takes the names in it in any case. */
function requireNoResources(template: Reading): RuleOutcome {
  if (template.state === "absent") return compliant;
  const document = typeof template.value === "object" ? template : readDocument(template);
  if (document === undefined) return violation(template.path, "is no JSON, so no rule can read it");
  const resources = entries(document).filter(({ path }) => /\.resources$/i.test(path));
  const isNothing = resources.every((one) => isEmpty(one) || entries(one).length === 0);
  return isNothing ? compliant : violation(template.path, "makes resources that no rule reads");
}

function requireDeclared(text: Reading, prefix: string, { commands }: StackParameters): RuleOutcome {
  if (text.state === "absent") return compliant;
  const isDeclared = commands.some((pattern) => matchesWhole(`${prefix}${String(text.value)}`, pattern));
  return isDeclared ? compliant : violation(text.path, "is not among the stack's commands");
}
