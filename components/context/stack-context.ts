import { isProductionEnvironment } from "../../lib/production-environments";

/**
 * What every component needs to know of the stack it is deployed in.
 *
 * @example
 * ```ts
 * const context: StackContext = { project: "alai", environment: "prod", lasting: true, location: "swedencentral", tags };
 * ```
 */
export interface StackContext {
  /** The system: the first part of physical names and the `Project` tag. */
  readonly project: string;
  /** The second part of physical names and the `Environment` tag. Never part of a logical name. */
  readonly environment: string;
  /**
   * Whether the environment is meant to stay. Stateful resources of a lasting environment are protected;
   * those of a preview environment are not.
   */
  readonly lasting: boolean;
  /**
   * Part of the hash in names that must be unique in the world. A deleted vault keeps its name for 90 days, so an environment that was
   * destroyed is deployed again under another generation. Replacement: in an environment that exists, it renames what holds data.
   * Default: none. @example "2"
   */
  readonly generation?: string | undefined;
  /** The Azure region, in Azure's short form. */
  readonly location: string;
  /** The required tags and those the stack adds. See {@link RequiredTags}. */
  readonly tags: RequiredTags & Readonly<Record<string, string>>;
}

/** Tags that every resource that takes tags must have (the plan's "Tagging Strategy"). */
export interface RequiredTags {
  readonly Project: string;
  readonly Environment: string;
  readonly ManagedBy: "pulumi";
  readonly Team: string;
  readonly CostCenter: string;
}

/** Whether defaults follow production: longer backups, copies in a second region. Sizes are always stated, never guessed from this. */
export function isProduction(context: Pick<StackContext, "environment">): boolean {
  return isProductionEnvironment(context.environment);
}
