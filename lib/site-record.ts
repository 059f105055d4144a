/** A record as the zone has it, whoever made it. */
export interface SiteRecord {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly content: string;
  /** Seconds; 1 is automatic, which is what a proxied record has. */
  readonly ttl: number;
  readonly proxied: boolean;
  readonly changedAt: Date;
}

/** A project at Cloudflare Pages. */
export interface PagesPlace {
  readonly accountId: string;
  readonly project: string;
}
