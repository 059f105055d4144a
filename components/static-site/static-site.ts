import { DnsRecord, type DnsRecordArgs } from "@pulumi/cloudflare/dnsRecord";
import { PagesDomain, type PagesDomainArgs } from "@pulumi/cloudflare/pagesDomain";
import { PagesProject, type PagesProjectArgs } from "@pulumi/cloudflare/pagesProject";
import type { ActionsVariableArgs } from "@pulumi/github/actionsVariable";
import type { RepositoryFileArgs } from "@pulumi/github/repositoryFile";
import * as pulumi from "@pulumi/pulumi";
import { argumentProblems } from "../../lib/located-yaml/schema-problems";
import { type RefusalReason, refuse } from "../../lib/refusal";
import { adopted } from "../adoption/resource-options";
import type { StackContext } from "../context/stack-context";
import { dnsRecordArgs, type ZoneRecord } from "../dns-zone/zone-record";
import { type Transform, transformed } from "../transform/transform";
import { frameworkBuild, ownBuild } from "./deploy-workflow";
import { type PagesSite, type Site, type SiteTarget, siteSchema } from "./schema";
import { addDeployment, type SiteDeployment } from "./site-deployment";
import { type SitePlan, sitePlan, zoneOf } from "./site-plan";

export interface StaticSiteArgs {
  readonly context: StackContext;
  /** The Cloudflare account that holds the Pages project. Changing it replaces the project. */
  readonly accountId: string;
  /** The zone of the site's names; its owner may be another stack. Not needed where the site has no record here. */
  readonly zone?: { readonly id: pulumi.Input<string>; readonly domain: string };
  /** The inventory entry. */
  readonly site: Site;
  /**
   * A second copy of the site for an environment that is not the live one: the project gets the suffix (`alai-home-web-dev`) and the
   * name the prefix (`dev.alai.no`). It has no `www`. Default: the live site.
   */
  readonly variant?: string;
  /** Who deploys the site's contents. */
  readonly deployment: SiteDeployment;
  readonly transform?: {
    readonly project?: Transform<PagesProjectArgs>;
    readonly domain?: Transform<PagesDomainArgs>;
    readonly record?: Transform<DnsRecordArgs>;
    readonly file?: Transform<RepositoryFileArgs>;
    readonly variable?: Transform<ActionsVariableArgs>;
  };
}

/**
 * A site on Cloudflare Pages: project, domains, DNS, and the workflows that deploy it, preview pull requests and roll back.
 *
 * What it makes follows the entry's `state`: everything (`on-pages`), the project and its workflows while the name still points
 * elsewhere (`to-migrate`), a DNS record (`elsewhere`), nothing (`paused`). Of a `retired` site it makes the project until its days are
 * over, not protected and neither served nor deployed to, then nothing, so that the project is deleted. Its redirects are contributed to the zone:
 * see {@link siteRedirects}.
 *
 * @example
 * ```ts
 * new StaticSite("alai.no", { context, accountId, zone, site, deployment: { by: "own-repository", commits } });
 * ```
 */
export class StaticSite extends pulumi.ComponentResource {
  /** Where the site is, or will be, seen. */
  readonly url: string;
  /** The project's own name, for example `alai-home-web.pages.dev`, where there is a project. */
  readonly subdomain: pulumi.Output<string> | undefined;

  constructor(name: string, args: StaticSiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("landscape:static-site:StaticSite", name, {}, opts);
    refuseProblems(name, args);

    const plan = sitePlan(args.site, args.variant);
    this.url = `https://${plan.domain}`;
    this.subdomain = plan.pages === undefined ? undefined : this.addPages(name, args, plan, plan.pages);
    if (plan.target !== undefined) this.addRecord(`${name}-site`, args, targetRecord(plan.domain, plan.target), []);

    this.registerOutputs({ url: this.url, subdomain: this.subdomain });
  }

  private addPages(
    name: string,
    args: StaticSiteArgs,
    plan: SitePlan,
    pages: NonNullable<SitePlan["pages"]>,
  ): pulumi.Output<string> {
    const project = this.addProject(name, args, pages);
    for (const hostname of plan.servedBy) {
      // Not the host name, which differs between environments: logical names do not.
      const place = hostname === plan.domain ? "site" : "www";
      const domainArgs = { accountId: args.accountId, projectName: project.name, name: hostname };
      const domain = new PagesDomain(
        ...transformed(args.transform?.domain, `${name}-${place}`, domainArgs, { parent: this }),
      );
      // Pages answers for the name only once it knows it; a record that comes first shows visitors error 522.
      const record: ZoneRecord = { type: "CNAME", name: hostname, content: project.subdomain, proxied: true };
      this.addRecord(`${name}-${place}`, args, record, [domain]);
    }
    if (pages.retired === undefined)
      addDeployment(this, name, { ...args, site: pages.site, project: pages.project, projectResource: project });
    return project.subdomain;
  }

  private addProject(
    name: string,
    args: StaticSiteArgs,
    { site, project, retired }: NonNullable<SitePlan["pages"]>,
  ): PagesProject {
    const id = site.adoptProject && args.variant === undefined ? `${args.accountId}/${project}` : undefined;
    const options = {
      parent: this,
      ...adopted(args.context, id, retired),
      // Our workflows upload what they built: Cloudflare never runs the build, and an import is refused over a single difference.
      ...(id === undefined ? {} : { ignoreChanges: ["buildConfig"] }),
    };
    const projectArgs = pagesProjectArgs(args.accountId, project, site);
    return new PagesProject(...transformed(args.transform?.project, name, projectArgs, options));
  }

  private addRecord(name: string, args: StaticSiteArgs, record: ZoneRecord, dependsOn: pulumi.Resource[]): void {
    if (args.zone === undefined) return;
    const recordArgs = dnsRecordArgs(args.zone.id, args.zone.domain, record);
    // At a cut-over the name changes from an address to a CNAME, and Cloudflare holds only one of them.
    const options = { parent: this, dependsOn, deleteBeforeReplace: true };
    new DnsRecord(...transformed(args.transform?.record, name, recordArgs, options));
  }
}

function targetRecord(domain: string, target: SiteTarget): ZoneRecord {
  const content = target.type === "A" ? target.address : target.hostname;
  return { type: target.type, name: domain, content, proxied: target.proxied };
}

/** @throws with everything that is wrong with the arguments */
function refuseProblems(name: string, args: StaticSiteArgs): void {
  const { site, zone, deployment } = args;
  const problems: RefusalReason[] = [...argumentProblems(siteSchema, site)];
  const zoneOfSite = zoneOf(site);
  if (zoneOfSite !== undefined && zone === undefined)
    problems.push(`zone ${zoneOfSite} is missing: give its id and domain`);
  if (zone !== undefined && site.domain !== zone.domain && !site.domain.endsWith(`.${zone.domain}`)) {
    problems.push(`${site.domain} does not lie in the zone ${zone.domain}`);
  }
  if ("owner" in site && site.owner === "client" && deployment.by === "own-repository") {
    problems.push(
      `${site.repository} is a client's repository and does not get the account-wide Pages token; deploy it from ours: deployment { by: "our-repository", … }`,
    );
  }
  refuse(`StaticSite "${name}"`, problems, args.site);
}

/** The version of the Workers runtime that a site's functions see; a newer date can change behaviour. */
const compatibilityDate = "2026-01-01";

/** Version 3: Ubuntu 22.04, Node 22. */
const buildImageMajorVersion = 3;

/**
 * The arguments of a Pages project. Both environments and the build are always stated: what is left out drifts, because Cloudflare
 * fills it in.
 */
export function pagesProjectArgs(accountId: string, project: string, site: PagesSite): PagesProjectArgs {
  const build = frameworkBuild(site.framework);
  const environment = () => ({
    compatibilityDate,
    buildImageMajorVersion,
    alwaysUseLatestCompatibilityDate: false,
    failOpen: true,
    usageModel: "standard",
  });
  return {
    accountId,
    name: project,
    productionBranch: site.branch,
    buildConfig: {
      buildCaching: false,
      buildCommand: ownBuild(site) ?? build.command ?? "",
      destinationDir: build.outputDirectory,
      rootDir: "",
    },
    deploymentConfigs: { preview: environment(), production: environment() },
  };
}
