import { type PinnedImage, publicImages } from "../container-registry/public-images";
import { pinnedActions, runner } from "../github-actions/pinned-actions";
import { expression, type Job, type ServiceContainer, type Workflow } from "../github-actions/workflow";
import { checkMigrations, toolchains } from "./checks";
import { buildAndScan, checkOut, eachService } from "./images";
import { type ApplicationPlan, applicationCheck } from "./schema";

/**
 * What a change of an application has to pass: the checks of its toolchain, migrations that the running release bears, an image of each
 * service without a known critical hole. It needs no identity and no secret, and runs for forks, too.
 */
export function ciWorkflow(plan: ApplicationPlan): Workflow {
  const { branch, toolchain, migrations } = plan;
  const { checks, language } = toolchains[toolchain];
  const jobs: Readonly<Record<string, Job>> = {
    ...Object.fromEntries(checks.map((check) => [check.id, checkJob(check, plan)])),
    ...(migrations === undefined ? {} : { migrations: migrationsJob(migrations) }),
    ...(language === undefined ? {} : { codeql: codeqlJob(language) }),
    image: {
      name: `Image of ${expression("matrix.service")}`,
      "runs-on": runner,
      "timeout-minutes": 45,
      permissions: { contents: "read" },
      strategy: eachService(plan),
      steps: [checkOut, ...buildAndScan],
    },
  };
  return {
    name: applicationCheck,
    on: { pull_request: { branches: [branch] }, push: { branches: [branch] } },
    permissions: {},
    concurrency: {
      group: `ci-${expression("github.ref")}`,
      "cancel-in-progress": expression("github.event_name == 'pull_request'"),
    },
    jobs: { ...jobs, passed: passedJob(Object.keys(jobs)) },
  };
}

function checkJob(
  { name, run, integrates }: (typeof toolchains)[keyof typeof toolchains]["checks"][number],
  { toolchain, tests }: ApplicationPlan,
): Job {
  const beside = integrates === true ? testServices(tests) : { services: {}, env: {} };
  return {
    name,
    "runs-on": runner,
    "timeout-minutes": 30,
    permissions: { contents: "read" },
    ...(Object.keys(beside.services).length === 0 ? {} : beside),
    steps: [checkOut, ...toolchains[toolchain].setUp, { name, run }],
  };
}

/** A database and a cache that nobody but the job reaches, gone with it; so nobody needs a password. */
function testServices({ database, cache }: ApplicationPlan["tests"]): Required<Pick<Job, "services" | "env">> {
  const healthy = (command: string) =>
    `--health-cmd "${command}" --health-interval 5s --health-timeout 5s --health-retries 10`;
  const images = { postgres: publicImages.postgres, pgvector: publicImages.postgresWithVectors } as const;
  const services: Record<string, ServiceContainer> = {};
  if (database !== undefined)
    services.postgres = {
      image: named(images[database]),
      env: { POSTGRES_DB: "test", POSTGRES_HOST_AUTH_METHOD: "trust" },
      ports: ["5432:5432"],
      options: healthy("pg_isready --username postgres"),
    };
  if (cache)
    services.redis = { image: named(publicImages.redis), ports: ["6379:6379"], options: healthy("redis-cli ping") };
  return {
    services,
    env: {
      ...(database === undefined ? {} : { DATABASE_URL: "postgresql://postgres@localhost:5432/test" }),
      ...(cache ? { REDIS_URL: "redis://localhost:6379" } : {}),
    },
  };
}

function named({ repository, digest }: PinnedImage): string {
  return `${repository}@${digest}`;
}

function migrationsJob(directory: string): Job {
  return {
    name: "Migrations that the running release bears",
    if: expression("github.event_name == 'pull_request'"),
    "runs-on": runner,
    "timeout-minutes": 10,
    permissions: { contents: "read" },
    steps: [
      { ...checkOut, with: { ...checkOut.with, "fetch-depth": 0 } },
      {
        name: "Read the migrations that are new",
        env: { BASE: expression("github.event.pull_request.base.sha"), MIGRATIONS: directory },
        run: checkMigrations,
      },
    ],
  };
}

function codeqlJob(languages: string): Job {
  return {
    name: "CodeQL",
    "runs-on": runner,
    "timeout-minutes": 60,
    permissions: { actions: "read", contents: "read", "security-events": "write" },
    steps: [
      checkOut,
      { name: "Begin", uses: pinnedActions.codeqlInit, with: { languages, "build-mode": "none" } },
      { name: "Look for mistakes", uses: pinnedActions.codeqlAnalyze },
    ],
  };
}

/** One name for whatever checks there are, so that the branch's rules need not know them. */
function passedJob(needs: readonly string[]): Job {
  return {
    name: applicationCheck,
    needs,
    if: expression("always()"),
    "runs-on": runner,
    "timeout-minutes": 5,
    permissions: {},
    steps: [
      {
        name: "Everything before has passed, or had nothing to do",
        env: { RESULTS: expression("join(needs.*.result, ' ')") },
        run: 'case " $RESULTS " in\n  *failure*|*cancelled*) echo "::error::$RESULTS"; exit 1 ;;\nesac\n',
      },
    ],
  };
}
