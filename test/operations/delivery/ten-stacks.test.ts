import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { describe, expect, it } from "vitest";
import { deliveryWorkflows } from "../../../components/delivery/delivery-files";
import { clientIdVariable, type DeliveryPlan, subscriptionVariable } from "../../../components/delivery/delivery-plan";
import { expression, type Permissions, workflowYaml } from "../../../components/github-actions/workflow";
import { workflowErrors } from "../../components/workflow-parsing";
import { StartedWorkflows, tenStacks } from "./workflow-fixture";

const runs = new StartedWorkflows(tenStacks);
const textsOf = (plan: DeliveryPlan) =>
  new Map(Object.entries(deliveryWorkflows(plan)).map(([file, workflow]) => [file, workflowYaml(workflow)]));
const linesOf = (plan: DeliveryPlan) =>
  new Map([...textsOf(plan)].map(([file, text]) => [file, text.trimEnd().split("\n").length]));

describe("the workflows of ten stacks", () => {
  it("are accepted by GitHub's parser, with what they tell those they call", async () => {
    const texts = textsOf(tenStacks);
    for (const [file, text] of texts) expect([file, await workflowErrors(text, texts)]).toEqual([file, []]);
    const forgotten = (texts.get("up.yml") ?? "").replace(/ +deploy-client-id: .*\n/, "");
    expect((await workflowErrors(forgotten, texts)).join()).toContain("deploy-client-id");
  });

  it("have at most 15 lines for one more stack, in the four files that name stacks, and none in the others", () => {
    const before = linesOf(tenStacks);
    const more = (approval: "merge" | "reviewers") =>
      [...linesOf({ ...tenStacks, stacks: [...tenStacks.stacks, { name: "west-prod", approval, after: [] }] })].flatMap(
        ([file, lines]) => (lines === before.get(file) ? [] : [[file, lines - (before.get(file) ?? 0)] as const]),
      );
    expect(more("reviewers").map(([file]) => file)).toEqual(["break-glass.yml", "drift.yml", "preview.yml", "up.yml"]);
    expect(more("merge").map(([file]) => file)).toEqual(["drift.yml", "preview.yml", "up.yml"]);
    for (const [, lines] of [...more("reviewers"), ...more("merge")]) expect(lines).toBeLessThanOrEqual(15);
  });

  it("become each stack's own identities, by variables whose names GitHub takes", () => {
    for (const { name, approval } of tenStacks.stacks) {
      const preview = clientIdVariable("preview", name);
      const deploy = clientIdVariable("deploy", name);
      const known: [string, string, string][] = [
        ["preview.yml", `preview-${name} / preview`, preview],
        ["drift.yml", `drift (${name})`, preview],
        ["up.yml", `up-${name} / apply`, deploy],
        ...(approval === "merge"
          ? []
          : ([
              ["up.yml", `up-${name} / plan`, preview],
              ["break-glass.yml", `break-glass-${name} / apply`, deploy],
            ] satisfies [string, string, string][])),
      ];
      for (const [file, job, client] of known) {
        const { env } = runs.job(file, job);
        expect([job, env?.STACK, env?.ARM_CLIENT_ID]).toEqual([job, name, expression(`vars.${client}`)]);
        expect(env?.ARM_SUBSCRIPTION_ID).toBe(expression(`vars.${subscriptionVariable(name)}`));
      }
      for (const variable of [preview, deploy, subscriptionVariable(name)])
        expect(variable).toMatch(/^[A-Z][A-Z0-9_]*$/);
    }
    expect(clientIdVariable("deploy", "north-prod")).toBe("AZURE_DEPLOY_CLIENT_ID_NORTH_PROD");
  });

  it.each(["north_prod", "North-Prod", "preview"])(
    "are refused with a stack %s, whose variables another has",
    (name) => {
      const stacks = [...tenStacks.stacks, { name, approval: "merge" as const, after: [] }];
      expect(() => deliveryWorkflows({ ...tenStacks, stacks })).toThrow("rename one");
    },
  );

  it("grant a call what the jobs that it makes ask for together, and each of them what it asks for", () => {
    const asked = (granted: Permissions) => Object.entries(granted).map(([name, level]) => `${name}: ${level}`);
    let calls = 0;
    for (const file of runs.names) {
      for (const [name, call] of Object.entries(runs.named(file).jobs)) {
        if (!("uses" in call)) continue;
        calls += 1;
        const made = runs.jobsOf(file).filter(([job]) => job.startsWith(`${name} / `));
        const together = new Set(made.flatMap(([, { permissions = {} }]) => asked(permissions)));
        const most = [...together].filter(
          (one) => !together.has(one.replace("read", "write")) || one.endsWith("write"),
        );
        expect([name, asked(call.permissions).sort()]).toEqual([name, most.sort()]);
      }
    }
    expect(calls).toBe(35);
    expect(runs.job("up.yml", "up-shared / again").permissions).toEqual({ actions: "write" });
    expect(runs.job("up.yml", "up-shared / apply").permissions).toMatchObject({ actions: "read" });
  });
});

describe("a stack that reads from others", () => {
  const { if: condition = "", needs } = runs.job("up.yml", "up-north-dr / plan");
  /** What GitHub's evaluator makes of its condition, when these are the results of what it waits for. */
  const goesOn = (results: Readonly<Record<string, string>>): boolean => {
    const outputs = { stacks: JSON.stringify(["north-dr"]) };
    const context = {
      needs: {
        affected: { result: "success", outputs },
        ...Object.fromEntries(Object.entries(results).map(([job, result]) => [job, { result }])),
      },
    };
    const lexed = new Lexer(condition.replace(/^\$\{\{ | \}\}$/g, "").replaceAll("!cancelled()", "true")).lex();
    const known = JSON.parse(JSON.stringify(context), data.reviver);
    return new Evaluator(new Parser(lexed.tokens, ["needs"], []).parse(), known).evaluate().coerceString() === "true";
  };

  it("waits for them and for what they read from", () => {
    expect(needs).toEqual(["affected", "up-shared", "up-north-prod"]);
  });

  it.each([
    ["success", "success", true],
    ["skipped", "skipped", true],
    // What was skipped may have waited for what failed.
    ["failure", "skipped", false],
    ["success", "failure", false],
    ["cancelled", "skipped", false],
  ])("after a %s and a %s, goes on: %s", (first, second, expected) => {
    expect(goesOn({ "up-shared": first, "up-north-prod": second })).toBe(expected);
  });

  // Without a condition GitHub skips a job when any before it was skipped, in its caller too.
  it.each(["plan-and-apply-stack.yml", "apply-stack.yml"])("is not skipped with what it waits for: %s", (file) => {
    for (const job of Object.values(runs.called(file).jobs)) expect(job.if).toContain("!cancelled()");
  });

  it("is not deployed by workflows that do not deploy what it reads", () => {
    const stacks = [...tenStacks.stacks, { name: "west-dr", approval: "merge" as const, after: ["west-prod"] }];
    expect(() => deliveryWorkflows({ ...tenStacks, stacks })).toThrow("no job deploys west-prod");
  });
});
