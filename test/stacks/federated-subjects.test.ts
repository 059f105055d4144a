import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { pinnedActions } from "../../components/github-actions/pinned-actions";
import { textAt, textsAt } from "../../sandbox/clouds/read-property";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { applicationPlan } from "../../stacks/alai/applications";
import { loadAlaiInventory } from "../../stacks/alai/inventory";
import { workflowStacks } from "../../stacks/registry";
import { expandedJobs } from "../operations/delivery/expanded-jobs";
import { AlaiWorld, repositoryRoot } from "./alai-world";

const jobSchema = z.looseObject({
  environment: z.union([z.string(), z.looseObject({ name: z.string() }).transform(({ name }) => name)]).optional(),
  permissions: z.record(z.string(), z.string()).optional(),
});

/** A job that may ask for a token of GitHub's, in a run of one of its workflow's triggers. */
interface Run {
  /** @example "up.yml up-prod / apply push" */
  readonly name: string;
  readonly file: string;
  /** Without the job: who reaches what another job of the same trigger and environment does reaches it as well. */
  readonly place: string;
  readonly repository: string;
  /** What GitHub says of it. */
  readonly subjects: readonly string[];
  /** The identities that it becomes. */
  readonly identities: readonly string[];
}

/** What each identity believes, by its name. */
const credentials = new Map<string, string[]>();
const runs: Run[] = [];
/** What the subjects of a repository are made of, where they are not GitHub's own. */
const claims = new Map<string, readonly string[]>();
let repositoryIds: ReadonlyMap<string, string>;

beforeAll(async () => {
  const alai = await AlaiWorld.deployed();
  const resources: ResourceState[] = [];
  for (const stack of ["bootstrap", "prod", "hosts"]) resources.push(...(await alai.resources(stack)));
  const of = (type: string) => resources.filter((resource) => resource.type.endsWith(`:${type}`));
  for (const { inputs } of of("FederatedIdentityCredential")) {
    const identity = textAt(inputs, "resourceName") ?? "";
    credentials.set(identity, [...(credentials.get(identity) ?? []), textAt(inputs, "subject") ?? ""]);
  }
  const identities = new Map(
    of("UserAssignedIdentity").map(({ inputs, outputs }) => [
      textAt(outputs, "clientId"),
      textAt(inputs, "resourceName"),
    ]),
  );
  const variables = new Map(
    of("ActionsVariable").flatMap(({ inputs }) => {
      const identity = identities.get(textAt(inputs, "value"));
      const name = `${textAt(inputs, "repository")} ${textAt(inputs, "variableName")}`;
      return identity === undefined ? [] : [[name, identity] as const];
    }),
  );
  for (const { inputs } of of("ActionsRepositoryOidcSubjectClaimCustomizationTemplate"))
    claims.set(textAt(inputs, "repository") ?? "", textsAt(inputs, "includeClaimKeys"));
  const repositories = (await alai.world.transact((world) => world.all())).filter(({ kind }) =>
    kind.endsWith(":Repository"),
  );
  repositoryIds = new Map(repositories.map(({ id, properties }) => [id, String(properties.repoId ?? "")] as const));
  const own = join(repositoryRoot, ".github", "workflows");
  for (const file of readdirSync(own)) readRuns("alai-infra", file, readFileSync(join(own, file), "utf8"), variables);
  for (const { inputs } of of("RepositoryFile")) {
    const file = textAt(inputs, "file") ?? "";
    const repository = textAt(inputs, "repository") ?? "";
    if (!file.startsWith(".github/workflows/")) continue;
    readRuns(repository, basename(file), textAt(inputs, "content") ?? "", variables);
  }
}, 120_000);

/** What a job that another workflow calls says of itself is said in the run of its caller. */
function readRuns(repository: string, file: string, text: string, variables: ReadonlyMap<string, string>): void {
  const read = (other: string) => parse(readFileSync(join(repositoryRoot, ".github", "workflows", other), "utf8"));
  const workflow = parse(text);
  if ("workflow_call" in workflow.on) return;
  for (const [name, described] of expandedJobs(workflow, read)) {
    const job = jobSchema.parse(described);
    if (job.permissions?.["id-token"] !== "write") continue;
    const mentioned = [...JSON.stringify(job).matchAll(/vars\.(\w+)/g)].map(([, variable = ""]) =>
      variables.get(`${repository} ${variable}`),
    );
    const identities = [...new Set(mentioned.filter((identity) => identity !== undefined))];
    // It says of an image where it is from, at GitHub, and becomes nobody.
    if (identities.length === 0 && JSON.stringify(job).includes(pinnedActions.attest)) continue;
    const [caller = ""] = name.split(" / ");
    const workflowRef = refOfWorkflow(
      workflow.jobs[caller]?.uses ?? `alai-org/${repository}/.github/workflows/${file}@main`,
    );
    for (const trigger of Object.keys(workflow.on)) {
      const end = subjectEnd(job.environment, trigger);
      const id = repositoryIds.get(repository) ?? "";
      const values: Readonly<Record<string, string>> = {
        repository_owner_id: "repository_owner_id:1000001",
        repository_id: `repository_id:${id}`,
        context: end,
        job_workflow_ref: `job_workflow_ref:${workflowRef}`,
      };
      const own = claims.get(repository)?.map((claim) => values[claim] ?? claim);
      const subjects = own === undefined ? subjectsByDefault(repository, id, end) : [own.join(":")];
      const place = `${repository} ${file} ${trigger} ${end} ${workflowRef}`;
      runs.push({ name: `${repository} ${file} ${name} ${trigger}`, file, place, repository, subjects, identities });
    }
  }
}

function subjectsByDefault(repository: string, id: string, end: string): readonly string[] {
  return [`repo:alai-org/${repository}:${end}`, `repo:alai-org@1000001/${repository}@${id}:${end}`];
}

/**
 * Whose the job is, as its token says: the workflow that is called, at the ref that the call names.
 *
 * Source: docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-with-reusable-workflows
 */
function refOfWorkflow(uses: string): string {
  return uses.replace("$/", "alai-org/alai-infra/").replace("@main", "@refs/heads/main");
}

/**
 * How the subject ends of a run that nobody tampers with: its workflow is on `main`, and a pull request is one of this repository.
 *
 * Source: docs.github.com/en/actions/reference/security/oidc, "Example subject claims"
 */
function subjectEnd(environment: string | undefined, trigger: string): string {
  if (environment !== undefined) return `environment:${environment}`;
  return trigger === "pull_request" ? "pull_request" : "ref:refs/heads/main";
}

describe("a run that signs in to Azure", () => {
  it("is believed by name and by id, by each identity that it becomes, and by one credential each", () => {
    console.log(
      `${runs.length} kinds of runs sign in, as ${credentials.size} identities: each is believed where it should be`,
    );
    expect(runs.length).toBeGreaterThan(25);
    for (const { name, subjects, identities } of runs) {
      expect(identities.length, name).toBeGreaterThan(0);
      for (const identity of identities) {
        const matching = credentials.get(identity)?.filter((subject) => subjects.includes(subject));
        expect([name, identity, matching]).toEqual([name, identity, subjects]);
      }
    }
  });

  it("is believed by no identity that no run of its workflow, trigger and environment becomes", () => {
    for (const [identity, believed] of credentials) {
      const reaching = runs.filter(({ subjects }) => subjects.some((subject) => believed.includes(subject)));
      const meant = new Set(runs.filter(({ identities }) => identities.includes(identity)).map(({ place }) => place));
      const others = reaching.filter(({ place }) => !meant.has(place)).map(({ name }) => name);
      expect([identity, others]).toEqual([identity, []]);
    }
  });
});

it("an identity believes nothing that no run sends", () => {
  const sent = (identity: string) =>
    runs.filter(({ identities }) => identities.includes(identity)).flatMap(({ subjects }) => subjects);
  for (const [identity, believed] of credentials) {
    const unused = believed.filter((subject) => !sent(identity).includes(subject));
    expect([identity, unused]).toEqual([identity, []]);
  }
  // Two for each stack that workflows deploy; those of previews, of the alarm, of proposals and of the heartbeat; of applications one
  // for each stack that they are released to, and one that pushes to a registry of ours.
  const inventory = loadAlaiInventory();
  const applications = inventory.pipelines.applications.map((entry) => applicationPlan(entry, inventory, "alai-org"));
  const releasing = applications.flatMap(({ stages }) => stages);
  const pushing = applications.filter(({ images }) => images.some(({ host }) => host === undefined));
  expect([releasing.length, pushing.length]).toEqual([7, 2]);
  expect(credentials.size).toBe(2 * workflowStacks.length + 4 + releasing.length + pushing.length);
});
