import {
  type CallableWorkflow,
  expression,
  type Job,
  type Permissions,
  type WorkflowCall,
  type WorkflowInput,
} from "../github-actions/workflow";
import {
  allOfOwner,
  clientIdVariable,
  type DeliveredStack,
  type IdentityKind,
  subscriptionVariable,
} from "./delivery-plan";

/** What a job that serves every stack is told of the one that it works on. */
interface StackParameter extends WorkflowInput {
  /** Its value for a stack; equal to the default, it is left out. */
  readonly of: (stack: DeliveredStack) => string | boolean;
}

/** Values that GitHub knows are passed by the expression that names them. */
const clientIdOf = (kind: IdentityKind): StackParameter => ({
  description: `The client id of the identity that ${kind === "preview" ? "looks at it" : "changes it"}`,
  type: "string",
  required: true,
  of: ({ name }) => expression(`vars.${clientIdVariable(kind, name)}`),
});

const stackParameters = {
  stack: { description: "The stack", type: "string", required: true, of: ({ name }) => name },
  "preview-client-id": clientIdOf("preview"),
  "deploy-client-id": clientIdOf("deploy"),
  "subscription-id": {
    description: "The subscription that it is deployed to",
    type: "string",
    required: true,
    of: ({ name }) => expression(`vars.${subscriptionVariable(name)}`),
  },
  state: {
    description: "The container of its state, when that is not one of its own name",
    type: "string",
    default: "",
    of: ({ name, stateIn = name }) => (stateIn === name ? "" : stateIn),
  },
  repositories: {
    description: `The repositories that its tokens reach, if any; ${allOfOwner} while it makes one`,
    type: "string",
    default: "",
    of: ({ repositories = [] }) => (repositories === allOfOwner ? repositories : repositories.join(",")),
  },
  "joins-tailnet": {
    description: "Whether its deployments join the tailnet",
    type: "boolean",
    default: false,
    of: ({ joinsTailnet = false }) => joinsTailnet,
  },
  "installs-on-machines": {
    description: "Whether its deployments log in to machines",
    type: "boolean",
    default: false,
    of: ({ installsOnMachines = false }) => installsOnMachines,
  },
} satisfies Readonly<Record<string, StackParameter>>;

export type StackParameterName = keyof typeof stackParameters;

/** What jobs have to be told of a stack, to look at it or to change it. */
export const parametersFor: Readonly<Record<IdentityKind, readonly StackParameterName[]>> = {
  preview: ["stack", "preview-client-id", "subscription-id", "state", "repositories"],
  deploy: [
    ...(["stack", "deploy-client-id", "subscription-id", "state", "repositories"] as const),
    ...(["joins-tailnet", "installs-on-machines"] as const),
  ],
};

/** The inputs of a workflow that is called for a stack. */
export function stackInputs(names: readonly StackParameterName[]): Readonly<Record<string, WorkflowInput>> {
  return Object.fromEntries(
    names.map((name) => {
      const { of: _of, ...input }: StackParameter = stackParameters[name];
      return [name, input];
    }),
  );
}

/** A stack's row in a matrix. It says everything: what a row leaves out is undefined for a linter. */
export function matrixRow(
  stack: DeliveredStack,
  names: readonly StackParameterName[],
): Readonly<Record<string, string | boolean>> {
  return Object.fromEntries(names.map((name) => [name, stackParameters[name].of(stack)]));
}

/** A workflow that is called once for each stack, and the name of its file. */
export interface StackWorkflow {
  readonly file: string;
  readonly workflow: CallableWorkflow;
}

/**
 * The job that calls a workflow for a stack. It grants what the workflow's jobs ask for together, and each of them gets what it asks for
 * itself.
 *
 * @param also inputs that are not about the stack
 */
export function callFor(
  stack: DeliveredStack,
  { file, workflow }: StackWorkflow,
  job: Pick<WorkflowCall, "needs" | "if">,
  also: Readonly<Record<string, string>> = {},
): WorkflowCall {
  const { inputs } = workflow.on.workflow_call;
  const told = Object.entries(stackParameters).flatMap(([name, parameter]: [string, StackParameter]) => {
    const value = parameter.of(stack);
    return name in inputs && value !== parameter.default ? [[name, value] as const] : [];
  });
  return {
    ...job,
    permissions: permissionsOf(Object.values(workflow.jobs)),
    uses: `$/.github/workflows/${file}`,
    with: { ...Object.fromEntries(told), ...also },
  };
}

/** What jobs ask for together. */
function permissionsOf(jobs: readonly Job[]): Permissions {
  const asked = jobs.flatMap(({ permissions = {} }) => Object.entries(permissions));
  const writes = new Set(asked.flatMap(([name, level]) => (level === "write" ? [name] : [])));
  const names = [...new Set(asked.map(([name]) => name))].sort();
  return Object.fromEntries(names.map((name) => [name, writes.has(name) ? "write" : "read"]));
}
