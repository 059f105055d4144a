import { expect } from "vitest";

/** Parses a workflow with GitHub's own parser, schema and expressions included, and expects it to find nothing wrong. */
export async function expectValidWorkflow(content: string): Promise<void> {
  expect(await workflowErrors(content)).toEqual([]);
}

export async function workflowErrors(content: string): Promise<string[]> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import("@actions/workflow-parser");
  const parsed = parseWorkflow({ name: "workflow.yml", content }, new NoOperationTraceWriter());
  const errors = parsed.context.errors.getErrors().map((error) => error.message);
  if (parsed.value === undefined || errors.length > 0) return errors;
  const template = await convertWorkflowTemplate(parsed.context, parsed.value);
  return (template.errors ?? []).map((error) => error.Message);
}
