import { deliveryWorkflows } from "../../../components/delivery/delivery-files";
import type { DeliveryPlan } from "../../../components/delivery/delivery-plan";
import type { Job, Workflow } from "../../../components/github-actions/workflow";
import { alaiDelivery } from "../../../stacks/alai/delivery";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";

export const plan: DeliveryPlan = alaiDelivery(loadAlaiInventory());
export const workflows = Object.entries(deliveryWorkflows(plan));
export const jobsOf = (workflow: Workflow): [string, Job][] => Object.entries(workflow.jobs);
export const workflowNamed = (file: string): Workflow => {
  const workflow = deliveryWorkflows(plan)[file];
  if (workflow === undefined) throw new Error(`there is no ${file}`);
  return workflow;
};
export const jobNamed = (file: string, name: string): Job => {
  const job = workflowNamed(file).jobs[name];
  if (job === undefined) throw new Error(`${file} has no job ${name}`);
  return job;
};
