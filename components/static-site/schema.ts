import { z } from "zod";
import { retirementSchema } from "../../lib/retirement";
import { hostnameSchema } from "../dns-zone/hostname";
import { durationSchema } from "../host-replication/schema";
import { nameRules } from "../naming/name-rules";
import { branchNameSchema, repositoryNameSchema } from "../repository/schema";

const projectNameSchema = z
  .string()
  .max(nameRules.pagesProject.maxLength, { abort: true })
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "expected lower-case letters, digits and dashes")
  .meta({ description: "The Pages project: at most 58 lower-case letters, digits and dashes" });

const frameworkSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("html") }).meta({ description: "Plain files, no build" }),
    z
      .strictObject({ kind: z.literal("next-export") })
      .meta({ description: "Next.js, static export (`next build`, `out`)" }),
    z.strictObject({ kind: z.literal("next") }).meta({ description: "Next.js with a server (`next build`, `.next`)" }),
    z.strictObject({ kind: z.literal("astro") }).meta({ description: "Astro (`astro build`, `dist`)" }),
  ])
  .meta({ description: "How the site is built" });

const buildSchema = z
  .strictObject({
    script: z
      .string()
      .regex(/^[a-z][a-z0-9:-]*$/, "expected the name of a script, such as build")
      .exactOptional()
      .meta({
        description: "A script of the repository's package.json, run with npm run. Default: the framework's build",
      }),
    variables: z
      .record(
        z.string().regex(/^(?!NODE_|NPM_|GITHUB_|RUNNER_|CI$|PATH$)[A-Z][A-Z0-9_]*$/, {
          error: "expected capitals, digits and _, and no name that the runner, Node.js or npm has",
        }),
        // A workflow would put a secret in its place.
        z.string().regex(/^(?!.*\$\{\{)[^\r\n]*$/, "expected one line without ${{, which workflows replace"),
      )
      .exactOptional()
      .meta({ description: "What the build finds in its environment. Everybody can read it. Default: nothing more" }),
  })
  .meta({ description: "What of the build is the repository's own" });

/** Where a host name points that is not served by Pages. */
const siteTargetSchema = z
  .discriminatedUnion("type", [
    z.strictObject({ type: z.literal("A"), address: z.ipv4(), proxied: z.boolean().default(true) }),
    z.strictObject({ type: z.literal("CNAME"), hostname: hostnameSchema, proxied: z.boolean().default(true) }),
  ])
  .meta({ description: "Where the name points while Pages does not serve it" });

const anySite = {
  domain: hostnameSchema.meta({ description: "The site's host name, for example alai.no" }),
  monitor: z.boolean().default(true).meta({ description: "Whether the uptime check visits it. Default: true" }),
};

const pagesSite = {
  ...anySite,
  zone: hostnameSchema.meta({ description: "The zone that holds the name" }),
  owner: z.enum(["own", "client"]).meta({ description: "A client's repository does not get the account-wide token" }),
  repository: repositoryNameSchema.meta({ description: "alai-<product>-web, or client-<slug>-web" }),
  branch: branchNameSchema.default("main").meta({ description: "What is deployed to production. Default: main" }),
  project: projectNameSchema.exactOptional().meta({ description: "The Pages project. Default: the repository's name" }),
  adoptProject: z.boolean().default(false).meta({ description: "Whether the Pages project exists. Default: false" }),
  framework: frameworkSchema,
  build: buildSchema.exactOptional(),
  www: z
    .enum(["redirect-to-apex", "redirect-to-www", "serve", "none"])
    .default("none")
    .meta({ description: "What www.<domain> does. Default: none" }),
};

/** An entry of the sites inventory. */
export const siteSchema = z
  .discriminatedUnion("state", [
    z
      .strictObject({
        state: z.literal("on-pages"),
        ...pagesSite,
        current: siteTargetSchema.exactOptional().meta({
          description: "Where the name pointed before, for the way back; goes when the old place is switched off",
        }),
      })
      .meta({ description: "Served by Pages" }),
    z
      .strictObject({ state: z.literal("to-migrate"), ...pagesSite, current: siteTargetSchema.exactOptional() })
      .meta({ description: "The project exists; the name still points elsewhere. Cut over by `state: on-pages`" }),
    z
      .strictObject({ state: z.literal("paused"), ...anySite, reason: z.string().min(1) })
      .meta({ description: "Only monitored, until somebody has assessed it" }),
    z
      .strictObject({
        state: z.literal("elsewhere"),
        ...anySite,
        zone: hostnameSchema.exactOptional().meta({ description: "The zone that holds the name, where it is ours" }),
        target: siteTargetSchema.exactOptional(),
      })
      .superRefine((site, refinement) => {
        if ((site.zone === undefined) !== (site.target === undefined)) {
          refinement.addIssue({ code: "custom", message: "zone and target belong together: give both or neither" });
        }
      })
      .meta({ description: "Stays where it is: a DNS record and monitoring only" }),
    z
      .strictObject({
        state: z.literal("retired"),
        ...pagesSite,
        retired: retirementSchema,
        target: siteTargetSchema.exactOptional(),
      })
      .meta({ description: "Leaves Pages: the names at once, the project after some days, its repository never" }),
  ])
  .superRefine((site, refinement) => {
    if (!("build" in site) || site.build === undefined || site.framework.kind !== "html") return;
    const message = 'there is no build of plain files; leave it out, or say another framework.kind than "html"';
    refinement.addIssue({ code: "custom", path: ["build"], message });
  })
  .meta({
    description: "A site",
    makes: [
      { type: "landscape:static-site:StaticSite", key: "domain" },
      { type: "landscape:uptime-check:UptimeCheck", key: "domain", prefix: "uptime-" },
      // From which its own repository deploys it.
      {
        type: "github:index/repositoryEnvironment:RepositoryEnvironment",
        key: "repository",
        suffix: "-*",
      },
    ],
  });

export type Site = z.infer<typeof siteSchema>;
/** A site that has, or had, a Pages project and a repository. */
export type PagesSite = Extract<Site, { state: "on-pages" | "to-migrate" | "retired" }>;
export type SiteTarget = z.infer<typeof siteTargetSchema>;

/** How long browsers keep what sites on Pages answer. The edge keeps it as Pages says, which knows what was deployed last. */
export const siteCachingSchema = z
  .strictObject({
    static: durationSchema.meta({
      description: "Files by their extension, such as css, js or png. One that changes needs another name until then",
    }),
    html: durationSchema.meta({ description: "Pages: so long after a deployment somebody may see the old one" }),
  })
  .meta({ description: "How long browsers keep what sites on Pages answer" });

export type SiteCaching = z.infer<typeof siteCachingSchema>;
