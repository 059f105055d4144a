/** How a service restricts the names of one type. Source: `Naming rules and restrictions for Azure resources` and the providers' documentation. */
export interface NameRule {
  readonly minLength: number;
  readonly maxLength: number;
  readonly alphabet: "lower-alphanumeric" | "alphanumeric" | "lower-alphanumeric-dash" | "alphanumeric-dash";
  readonly startsWithLetter: boolean;
  /** Where the name must be unique. Names that are unique in the world carry a hash, so that two tenants do not collide. */
  readonly uniqueIn: "world" | "parent";
}

const dashed = (minLength: number, maxLength: number, options: Partial<NameRule> = {}): NameRule => ({
  minLength,
  maxLength,
  alphabet: "lower-alphanumeric-dash",
  startsWithLetter: false,
  uniqueIn: "parent",
  ...options,
});

/** Name rules by kind of thing. A kind that is missing here has no name of ours to make. */
export const nameRules = {
  resourceGroup: dashed(1, 90),
  storageAccount: dashed(3, 24, { alphabet: "lower-alphanumeric", uniqueIn: "world" }),
  blobContainer: dashed(3, 63),
  postgresServer: dashed(3, 63, { uniqueIn: "world" }),
  managedEnvironment: dashed(2, 60),
  containerApp: dashed(2, 32, { startsWithLetter: true }),
  containerRegistry: dashed(5, 50, { alphabet: "lower-alphanumeric", uniqueIn: "world" }),
  redisCluster: dashed(1, 60, { uniqueIn: "world" }),
  // Azure's own tools take no dash: Azure/azure-cli#33568.
  cacheAccess: dashed(1, 60, { alphabet: "lower-alphanumeric" }),
  serviceBusNamespace: dashed(6, 50, { startsWithLetter: true, uniqueIn: "world" }),
  vault: dashed(3, 24, { startsWithLetter: true, uniqueIn: "world" }),
  vaultSecret: dashed(1, 127),
  vaultKey: dashed(1, 127),
  managedIdentity: dashed(3, 128),
  federatedCredential: dashed(3, 120),
  managementLock: dashed(1, 90),
  virtualNetwork: dashed(2, 64),
  subnet: dashed(1, 80),
  networkSecurityGroup: dashed(1, 80),
  natGateway: dashed(1, 80),
  publicIpAddress: dashed(1, 80),
  networkPeering: dashed(1, 80),
  privateEndpoint: dashed(2, 64),
  virtualNetworkLink: dashed(1, 80),
  logAnalyticsWorkspace: dashed(4, 63),
  metricsWorkspace: dashed(4, 63),
  dataCollection: dashed(3, 44),
  diagnosticSetting: dashed(1, 260),
  actionGroup: dashed(1, 260),
  alertRule: dashed(1, 260),
  ruleGroup: dashed(1, 260),
  systemTopic: dashed(3, 50),
  eventSubscription: dashed(3, 64),
  virtualEndpoint: dashed(3, 63, { uniqueIn: "world" }),
  budget: dashed(1, 63),
  pagesProject: dashed(1, 58),
  r2Bucket: dashed(3, 63),
  githubEnvironment: dashed(1, 255),
} as const satisfies Record<string, NameRule>;

export type NamedKind = keyof typeof nameRules;
