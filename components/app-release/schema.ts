import { z } from "zod";
import { branchNameSchema, repositoryNameSchema } from "../repository/schema";

/** How an application is checked and tested: its ecosystem's own commands, or the targets of a Makefile. */
const toolchainNames = ["cargo", "make", "pnpm"] as const;
export type ToolchainName = (typeof toolchainNames)[number];

/** An application in a repository of its own. What its repository has beyond its workflows is in repositories.yaml. */
export const applicationSchema = z
  .strictObject({
    repository: repositoryNameSchema.meta({ description: "Its repository, which repositories.yaml lists" }),
    system: z.string().min(1).meta({
      description:
        "The system that runs it, below stacks/: an image is built for each of its services, from the target of that name in the repository's Dockerfile",
    }),
    branch: branchNameSchema.default("main").meta({ description: "The branch that is released. Default: main" }),
    toolchain: z.enum(toolchainNames).meta({
      description:
        "What checks and tests it: cargo, pnpm with turbo, or make with the targets lint, test and integration",
    }),
    tests: z
      .strictObject({
        database: z
          .enum(["postgres", "pgvector"])
          .exactOptional()
          .meta({ description: "The PostgreSQL 16 that they find at DATABASE_URL. Default: none" }),
        cache: z
          .boolean()
          .default(false)
          .meta({ description: "Whether they find a Redis at REDIS_URL. Default: false" }),
      })
      .default({ cache: false })
      .meta({ description: "What runs beside its tests. Default: nothing" }),
    migrations: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, "expected a directory of the repository, for example migrations")
      .exactOptional()
      .meta({
        description:
          "Where its migrations are, as SQL: a pull request may add only such that the running release bears",
      }),
    load: z
      .strictObject({
        script: z
          .string()
          .regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*\.js$/, "expected a script of the repository, for example load.js")
          .meta({ description: "For k6, with its thresholds; it reads BASE_URL and AGENT_API_KEY" }),
        url: z.url({ protocol: /^https$/ }).meta({ description: "Of the first environment that is released to" }),
      })
      .exactOptional()
      .meta({
        description:
          "A load test that people start. Its key is LOAD_TEST_KEY of the first environment that is released to. Default: none",
      }),
  })
  .meta({
    description: "An application whose workflows are written here",
    makes: [{ type: "landscape:app-release:AppRelease", key: "repository" }],
  });

/** An entry of the applications inventory. */
export type ApplicationEntry = z.infer<typeof applicationSchema>;

/** What of an application's plan its entry says, too. */
export const applicationArguments = z.object({ application: z.object(applicationSchema.omit({ system: true }).shape) });

/** A service's image, and where it is pushed. */
export interface ApplicationImage {
  /** The service, which is the target in the Dockerfile. */
  readonly service: string;
  /** Without the registry's host. @example "alai-org/kimberly/gateway" */
  readonly repository: string;
  /** The host of a registry that is not the system's own. @example "ghcr.io" */
  readonly host: string | undefined;
}

/** A stack that an application is released to. */
export interface ApplicationStage {
  readonly stack: string;
  /** The repository's environment that lets a release to it in. */
  readonly environment: string;
  /** The container of the stack's state. */
  readonly state: string;
  /** Whether this is the first stack with real users that a release reaches. A later one, such as a standby, gets what has run here. */
  readonly isProduction: boolean;
  /** Whether requests are moved step by step. */
  readonly canary: boolean;
}

/** What an application's workflows are made of. Pure data. */
export interface ApplicationPlan extends Omit<ApplicationEntry, "system"> {
  /** The job that migrates, where releases run one. */
  readonly migrates?: string;
  readonly images: readonly ApplicationImage[];
  /** In the order in which it is released: a digest comes to a stack once it is well in the one before. */
  readonly stages: readonly [ApplicationStage, ...ApplicationStage[]];
  /** The workflow that releases, in the repository that deploys. @example "alai-org/alai-infra/.github/workflows/release-app.yml@main" */
  readonly releasedBy: string;
}

/** Repository variables of applications. Nothing in them is secret. Those of a stack are named as in the repository that deploys. */
export const applicationVariables = {
  buildClientId: "AZURE_BUILD_CLIENT_ID",
  registry: "REGISTRY",
  releasingAppClientId: "RELEASING_APP_CLIENT_ID",
} as const;

/** The names that other files know the workflows by. */
export const applicationWorkflows = {
  ci: "ci.yml",
  staging: "deploy-staging.yml",
  production: "deploy-production.yml",
  migrate: "db-migrate.yml",
  security: "security.yml",
  load: "load-test.yml",
} as const;

/** The check that a pull request needs, whatever an application's checks are. */
export const applicationCheck = "CI";
