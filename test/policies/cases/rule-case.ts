import type { PropertyMap } from "../../../deployment/values/property-value";
import type { StackParameters } from "../../../policies/stack-parameters";

/** What one rule says of some resources: explicit data, one group for each kind of answer. */
export interface RuleCases {
  readonly rule: string;
  readonly type: string;
  readonly compliant: Readonly<Record<string, PropertyMap>>;
  /** With the paths of the findings. */
  readonly violating: Readonly<Record<string, readonly [PropertyMap, ...paths: string[]]>>;
  /** Resources of the rule's type that lack what the rule is about. */
  readonly notApplicable?: Readonly<Record<string, PropertyMap>>;
  /** With the path that is unknown. */
  readonly undecided: Readonly<Record<string, readonly [PropertyMap, path: string]>>;
  /** Other tokens of the type that must be recognised. */
  readonly otherTokens: readonly string[];
}

/** The app that the tests' stack declares to stand behind the edge. */
export const appBehindTheEdge = "portal";

/** What the tests' stack declares. */
export const declaredParameters = {
  reachedBy: ["203.0.113.7", "198.51.100.0/28"],
  frontedByEdge: [appBehindTheEdge],
  outboundAddresses: ["way-out"],
  publicBuckets: ["shop-window"],
  imageSources: ["ours.azurecr.io/", "public.ecr.aws/docker/library/"],
  publicRepositories: ["website"],
  repositorySecrets: ["DECLARED", "SOURCE_KEY_*"],
  unreviewedEnvironments: ["preview"],
  silenceNoticedElsewhere: ["watcher"],
  commands: ["sh '/srv/incoming/*/install.sh'", "copy to /srv/incoming"],
  wideRoles: { thing: ["Contributor", "Role Based Access Control Administrator"] },
  federatedSubjects: { "deploy-*": ["repo:ours/infra:environment:*"] },
  tenant: "00000000-0000-4000-8000-000000000002",
  principals: ["00000000-0000-4000-8000-000000000005"],
} satisfies Partial<StackParameters>;
