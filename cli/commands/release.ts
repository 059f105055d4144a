import { type DeployedService, deployedServices, digestOf } from "../../operations/delivery/app-traffic";
import { parseOverrides } from "../../operations/guard/override";
import {
  budgetAdvice,
  closedGates,
  releaseGates,
  type StagingPlace,
} from "../../operations/release/release-conditions";
import { releaseService, type ServiceOrder } from "../../operations/release/release-service";
import { imageOf, loadServices, snapshotJob } from "../../stacks/inventory/application-inventory";
import { stackDefinition } from "../../stacks/registry";
import { subscriptionOf } from "../../stacks/subscriptions";
import { carryOut, whoAsks } from "../carry-out-release";
import {
  type CommandContext,
  cancelledOutcome,
  commandLine,
  defineCommand,
  done,
  neverDeployedError,
  type Outcome,
} from "../command";
import { confirm } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { badOption, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("stack", "engine", "cwd", "json", "dryRun", "yes"),
  service: {
    flags: "--service <name>",
    description: "what is released; can be repeated, with a digest each",
    repeatable: true,
  },
  digest: {
    flags: "--digest <sha256>",
    description: "the image of the service that is named at the same place",
    repeatable: true,
  },
  canary: {
    flags: "--canary",
    description:
      "move requests by the steps of services.yaml, and measure; of several services, those whose requests can be split",
  },
  leaveState: {
    flags: "--leave-state",
    description: "do not tell the stack's state what runs, for whoever may not write it: the next up does",
  },
  override: {
    flags: "--override <gate=reason>",
    description: "set a gate (staging, incident, budget) aside, and say why; can be repeated",
    repeatable: true,
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "Release images by digest: a new revision, its requests step by step, and back by itself when it is not well.",
  options,
  examples: [
    "npm run release -- --stack latticeforge-prod --service api --digest sha256:DIGEST --canary",
    "npm run release -- --stack dev --service mc-api --digest sha256:DIGEST --dry-run",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const given = readPairs(context);
  const overrides = parseOverrides(context.options.override ?? [], releaseGates);
  const engine = await context.open();
  try {
    const services = await deployedOf(context, engine);
    const orders = await readOrders(context, engine, given, services);
    const closed = (await Promise.all(orders.map((order) => gatesOf(engine, order)))).flat();
    const stopping = closed.filter(({ gate }) => !overrides.some(({ guard }) => guard === gate));
    for (const { gate, message } of closed) context.say(`    gate ${gate} is closed: ${message}`);
    if (stopping.length > 0) {
      const [first] = stopping;
      const line = commandLine(context, "release", `--override "${first?.gate}=why it has to be"`);
      context.say(`To release all the same: ${line}`);
      return {
        exitCode: exitCodes.policy,
        summary: `refused by ${stopping.length} gates, nothing was changed, exit code 5`,
      };
    }
    for (const order of orders) {
      for (const line of await budgetAdvice(engine.releases.cloud, order)) context.say(`    ${line}`);
      context.say(`    ${planText(order)}`);
    }
    if (context.options.dryRun === true) return done("nothing was changed: a dry run");
    if (!(await agreed(context, "Release this to"))) return cancelledOutcome(context, "nothing was changed");
    const reasons = overrides.map(({ guard, reason }) => `${guard}: ${reason}`);
    return await carryOut(
      context,
      engine,
      orders.map((order) => ({
        service: order.deployed,
        work: (tools) => releaseService({ ...order, overrides: reasons }, tools),
      })),
    );
  } finally {
    await engine.close();
  }
}

function readPairs({ options: { service = [], digest = [] } }: Context): ReadonlyMap<string, string> {
  if (service.length === 0) throw badOption("name what is released: --service NAME --digest sha256:…");
  if (service.length !== digest.length)
    throw badOption(
      `give each service its digest: there are ${service.length} --service and ${digest.length} --digest`,
    );
  const wrong = digest.find((text) => !/^sha256:[0-9a-f]{64}$/.test(text));
  if (wrong !== undefined) throw badOption(`--digest ${wrong}: expected sha256: and 64 hexadecimal digits`);
  const pairs = new Map(service.map((name, index) => [name, digest[index] ?? ""]));
  if (pairs.size < service.length) throw badOption("a service is named twice; name each once");
  return pairs;
}

type Order = ServiceOrder & { readonly deployed: DeployedService };

/** What is asked for, in the order of the inventory. */
async function readOrders(
  context: Context,
  engine: DeploymentEngine,
  pairs: ReadonlyMap<string, string>,
  deployed: ReadonlyMap<string, DeployedService>,
): Promise<readonly Order[]> {
  const { services, release: plan } = loadServices(stackDefinition(context.stack).system);
  const { order = [], readyMinutes = 5, canary } = plan ?? {};
  const isCanary = context.options.canary === true;
  if (isCanary && canary === undefined)
    throw badOption(
      "--canary: services.yaml has no release.canary, which says the steps; leave it out, or add them there",
    );
  const listed = services.map(({ name }) => name);
  const names = [...order, ...listed.filter((name) => !order.includes(name))].filter((name) => pairs.has(name));
  const strangers = [...pairs.keys()].filter((name) => !names.includes(name) || !deployed.has(name));
  if (strangers.length > 0)
    throw badOption(
      `--service ${strangers.join(", ")}: ${context.stack} has ${listed.filter((name) => deployed.has(name)).join(", ")}`,
    );
  const problems: string[] = [];
  const orders = await Promise.all(
    names.map(async (name): Promise<Order[]> => {
      const entry = services.find((one) => one.name === name);
      const found = deployed.get(name);
      if (entry === undefined || found === undefined) return [];
      if (entry.digest !== undefined) problems.push(`${name} is pinned in services.yaml: change its digest there`);
      const running = await engine.releases.cloud.running(found.id);
      const image = imageOf(entry, pairs.get(name) ?? "", running.registries[0] ?? "");
      return [
        {
          service: name,
          appId: found.id,
          by: whoAsks(),
          readyMinutes,
          image,
          canary: isCanary && running.splits,
          plan: canary,
          deployed: found,
          kind: found.kind,
          runs: entry.kind === "job" && entry.schedule === undefined,
          snapshot: deployed.get(snapshotJob)?.id,
          staging: stagingOf(context.stack),
        },
      ];
    }),
  );
  const all = orders.flat();
  if (isCanary && all.length > 0 && all.every((order) => !order.canary))
    problems.push(
      `--canary: ${all.map(({ service }) => service).join(", ")}: no requests that can be split; leave it out`,
    );
  if (problems.length > 0) throw badOption(problems.join("\n"));
  return all;
}

async function gatesOf({ releases }: DeploymentEngine, order: Order) {
  if (order.deployed.kind === "job") return [];
  const { service, appId, image, staging } = order;
  return closedGates(releases.cloud, { service, appId, digest: digestOf(image), staging });
}

/** Where a digest runs well before it comes to a stack. */
function stagingOf(stack: string): StagingPlace | undefined {
  const { promotesFrom } = stackDefinition(stack);
  if (promotesFrom === undefined) return undefined;
  const { environment } = stackDefinition(promotesFrom);
  return { stack: promotesFrom, subscription: subscriptionOf(promotesFrom), environment };
}

function planText({ service, image, canary, plan }: Order): string {
  if (!canary || plan === undefined) return `${service}: ${digestOf(image)}, all requests once it is up`;
  const { steps, stepMinutes, analysis } = plan;
  return `${service}: ${digestOf(image)}, ${steps.join(", ")} % for ${stepMinutes} minutes each; from step ${analysis.fromStep} on at least ${analysis.successPercent} % answered well, ${analysis.failures} failures roll it back`;
}

/** The apps and jobs that the stack deployed. */
export async function deployedOf(context: CommandContext<object>, engine: DeploymentEngine) {
  const state = await engine.exportedState();
  if (state === undefined) throw neverDeployedError(context);
  return deployedServices(state);
}

/** Asks a person, unless told not to, or on the sandbox when a program reads along. */
export async function agreed(
  context: CommandContext<{ readonly yes?: boolean; readonly json?: boolean }>,
  what: string,
): Promise<boolean> {
  const { yes, json } = context.options;
  if (yes === true || (json === true && context.engine === "sandbox")) return true;
  const withoutAsking = commandLine(context, context.command, "--yes");
  return confirm({
    question: `${what} stack ${context.stack} on engine ${context.engine}`,
    answer: "yes",
    withoutAsking,
  });
}
