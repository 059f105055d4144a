import { z } from "zod";
import { retirementSchema } from "../../lib/retirement";
import { nameRules } from "../naming/name-rules";

/** The name of a repository, without its owner, as GitHub takes it (github/docs#44518): the endings are those of Git's addresses. */
export const repositoryNameSchema = z
  .string()
  .max(100, { abort: true })
  .regex(/^[A-Za-z0-9_.-]+$/, "expected a repository name without its owner, for example alai-home-web")
  .refine(
    (name) => !/^\.{1,2}$|\.(git|wiki)$/i.test(name),
    "GitHub takes no repository called . or .., or *.git or *.wiki",
  )
  .meta({ description: "A repository's name without its owner, for example alai-home-web" });

/**
 * A branch as Git (`git check-ref-format`) and GitHub ("Dealing with special characters in branch and tag names") take it, of the characters
 * that mean nothing in workflows and shells.
 */
export const branchNameSchema = z
  .string()
  .max(100, { abort: true })
  .regex(/^[A-Za-z0-9][A-Za-z0-9._/-]*$/, { error: "expected a branch name, for example main", abort: true })
  .refine(
    (name) => !/\.\.|\/\/|\/\.|\.lock(\/|$)|[./]$/.test(name),
    "Git takes no branch with .. or //, a part that begins with a dot or ends with .lock, or a dot or slash at the end",
  )
  .refine(
    (name) => !/^refs\/|^[0-9a-f]{40}$/i.test(name),
    "GitHub takes no branch that begins with refs/ or looks like a commit",
  )
  .meta({ description: "A branch, for example main" });

/** A branch that may deploy, as GitHub matches it: a `*` stands for anything but a slash. */
const deployingBranchSchema = z
  .string()
  .max(100, { abort: true })
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._/*-]*$/,
    "expected a branch, for example main, or refs/pull/*/merge for pull requests",
  )
  .meta({ description: "A branch, for example main. Pull requests deploy from refs/pull/*/merge" });

const nameSchema = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, "expected a name in capitals, for example CF_PROJECT_NAME")
  .refine((name) => !name.startsWith("GITHUB_"), "names that begin with GITHUB_ are GitHub's own");

/** A deployment environment: which branches may deploy to it, who is asked, and the secrets that only its jobs read. */
export const environmentSchema = z.strictObject({
  name: z.string().min(1).max(nameRules.githubEnvironment.maxLength),
  reviewers: z
    .strictObject({ teams: z.array(z.int()).default([]), users: z.array(z.int()).default([]) })
    .exactOptional()
    .meta({ description: "Ids of who may approve. Private repositories need a paid plan for it" }),
  selfReview: z
    .boolean()
    .default(false)
    .meta({ description: "Whether a reviewer may approve a run of their own. Default: false" }),
  branches: z
    .array(deployingBranchSchema)
    .min(1)
    .default(["main"])
    .meta({ description: "Which branches may deploy. Default: main" }),
  secrets: z
    .array(nameSchema)
    .default([])
    .meta({ description: "Secrets of it, which a person sets: gh secret set NAME --env ENVIRONMENT" }),
});

export type EnvironmentEntry = z.infer<typeof environmentSchema>;

/** An entry of the repositories inventory. */
export const repositorySchema = z
  .strictObject({
    name: repositoryNameSchema,
    description: z.string().max(350).exactOptional().meta({ description: "Shown under the repository's name" }),
    visibility: z.enum(["public", "private", "internal"]).meta({ description: "Who can read it" }),
    adopt: z.boolean().default(false).meta({ description: "Whether the repository exists. Default: false" }),
    labels: z
      .array(
        z.strictObject({
          name: z.string().min(1).max(50),
          color: z.string().regex(/^[0-9a-f]{6}$/, "expected six hex digits without #, for example d73a4a"),
          description: z.string().max(100).exactOptional(),
        }),
      )
      .default([])
      .meta({ description: "Labels of issues and pull requests" }),
    variables: z
      .record(nameSchema, z.string().min(1))
      .default({})
      .meta({ description: "Variables that workflows read. Nothing secret" }),
    environments: z.array(environmentSchema).default([]).meta({ description: "Deployment environments" }),
    retired: retirementSchema.exactOptional(),
  })
  .meta({ description: "A GitHub repository", makes: [{ type: "landscape:repository:Repository", key: "name" }] });

export type RepositoryEntry = z.infer<typeof repositorySchema>;
