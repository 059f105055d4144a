import type { DraftedStacks } from "../operations/new-stacks/new-stack";
import type { ProjectDrafts } from "../operations/project-drafts";
import { type CommandContext, scriptLine } from "./command";

type DraftingContext = Pick<CommandContext<{ readonly dryRun?: boolean }>, "options" | "say">;

/** Writes what was drafted and says so, file by file; in a dry run only says it. */
export function writeOrSay({ options, say }: DraftingContext, drafts: ProjectDrafts): void {
  if (options.dryRun === true) for (const path of drafts.paths) say(`    would write  ${path}`);
  else drafts.write((path) => say(`    written  ${path}`));
}

/** {@link writeOrSay}, and what is left to do before new stacks are deployed for real. */
export function writeStacks(
  context: DraftingContext,
  drafts: ProjectDrafts,
  { stacks, encrypted, rights, hasBuckets }: DraftedStacks,
): void {
  writeOrSay(context, drafts);
  const names = stacks.map(({ name }) => name);
  const files = names.map((name) => `Pulumi.${name}.yaml`).join(", ");
  const models = [...new Set(stacks.map(({ like }) => like.name))].join(", ");
  for (const line of [
    "Left to do:",
    `    ${scriptLine("generate", [])}`,
    ...names.map((name) => `    ${scriptLine("start", ["--stack", name])}`),
    `    who is told of alerts and who administers databases, in ${files}: as in ${models} until then`,
    ...encrypted.map((key) => `    pulumi config set --secret ${key}: its model's is encrypted with another key`),
    `    what people may do there, and its application: ${rights} (docs/extending.md)`,
    ...(hasBuckets
      ? ['    that its state holds what opens its buckets is accepted: docs/security.md, "Secrets in states"']
      : []),
    "    after review: bootstrap makes state container, key and identities, prod the repository's environments; then docs/first-deployment.md",
  ])
    context.say(line);
}
