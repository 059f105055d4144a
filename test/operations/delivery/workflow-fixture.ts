import { type DeliveryWorkflow, deliveryWorkflows } from "../../../components/delivery/delivery-files";
import type { DeliveryPlan } from "../../../components/delivery/delivery-plan";
import type { CallableWorkflow, Job, Workflow, WorkflowCall } from "../../../components/github-actions/workflow";
import { alaiDelivery } from "../../../stacks/alai/delivery";
import { loadAlaiInventory } from "../../../stacks/alai/inventory";
import { expandedJobs } from "./expanded-jobs";

export const plan: DeliveryPlan = alaiDelivery(loadAlaiInventory());

/** The workflows that events start, with the jobs of those that they call. */
export class StartedWorkflows {
  private readonly files: Readonly<Record<string, DeliveryWorkflow>>;

  constructor(of: DeliveryPlan) {
    this.files = deliveryWorkflows(of);
  }

  named(file: string): Workflow<Job | WorkflowCall> {
    const workflow = this.files[file];
    if (workflow === undefined || isCalled(workflow)) throw new Error(`no event starts ${file}`);
    return workflow;
  }

  called(file: string): CallableWorkflow {
    const workflow = this.files[file];
    if (workflow === undefined || !isCalled(workflow)) throw new Error(`${file} cannot be called`);
    return workflow;
  }

  jobsOf(file: string): readonly (readonly [string, Job])[] {
    return expandedJobs(this.named(file), (other) => this.called(other));
  }

  /** @param name as a run shows it: `up-prod / plan`, `drift (prod)` */
  job(file: string, name: string): Job {
    const found = this.jobsOf(file).find(([each]) => each === name);
    if (found === undefined) throw new Error(`${file} has no job ${name}`);
    return found[1];
  }

  get names(): readonly string[] {
    return Object.keys(this.files).filter((file) => !isCalled(this.files[file]));
  }

  /** All jobs of all runs. */
  get jobs(): readonly { readonly file: string; readonly name: string; readonly job: Job }[] {
    return this.names.flatMap((file) => this.jobsOf(file).map(([name, job]) => ({ file, name, job })));
  }
}

function isCalled(workflow: DeliveryWorkflow | undefined): workflow is CallableWorkflow {
  return workflow !== undefined && "workflow_call" in workflow.on;
}

/** All workflows as they are written, by file name. */
export const written = Object.entries(deliveryWorkflows(plan));
export const started = new StartedWorkflows(plan);
export const jobNamed = (file: string, name: string): Job => started.job(file, name);

const systems = ["north", "south", "east"];

/** Ten stacks of three systems and one more. A `-dr` reads from its `-prod`, and that one from the first stack of all. */
export const tenStacks: DeliveryPlan = {
  ...plan,
  stacks: [
    { name: "shared", approval: "reviewers", after: [], repositories: ["one", "two"], joinsTailnet: true },
    ...systems.flatMap((system): DeliveryPlan["stacks"] => [
      { name: `${system}-staging`, approval: "merge", after: [] },
      { name: `${system}-prod`, approval: "reviewers", after: ["shared"] },
      { name: `${system}-dr`, approval: "reviewers", after: [`${system}-prod`], stateIn: `${system}-prod` },
    ]),
  ],
};
