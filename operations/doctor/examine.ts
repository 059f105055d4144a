import { cloudflareRights } from "../../lib/cloudflare-rights";
import { currentType } from "../../lib/type-token";
import type { HostsStatus } from "../status/stack-status";
import { type NamedType, type Service, services, worldwideNames } from "./accounts";
import {
  coresLeft,
  environmentSecretsSet,
  federationAsDeclared,
  secretsSet,
  vaultsReached,
  wayToVaults,
} from "./deployed-checks";
import { type DoctorClouds, type DoctorFinding, type ExaminedStack, type Trouble, textIn } from "./examined-stack";
import { nothingInTheWay } from "./existing-things";
import { providersOf } from "./resource-providers";
import { askedForByRule } from "./role-rules";

const signInCommands: Readonly<Record<Service, string>> = {
  azure: "az login",
  cloudflare: "export CLOUDFLARE_API_TOKEN=…   https://dash.cloudflare.com/profile/api-tokens",
  github: "export GITHUB_TOKEN=$(gh auth token)",
  tailscale: "export TAILSCALE_API_KEY=…   https://login.tailscale.com/admin/settings/keys",
};
const { azure, cloudflare, github } = signInCommands;

interface Check {
  readonly name: string;
  readonly ask: (stack: ExaminedStack, clouds: DoctorClouds) => Promise<readonly Trouble[]>;
  /** What lets it be made where it could not be. Default: signing in to every service of the stack. */
  readonly takes?: string;
}

/** What is asked of every stack, in the order in which it is mended. */
const checks: readonly Check[] = [
  { name: "sign-in", ask: signedIn },
  { name: "rights", ask: rightsInSubscription, takes: azure },
  { name: "cloudflare-rights", ask: rightsAtCloudflare, takes: `${cloudflare}, with API Tokens: Read` },
  { name: "resource-provider", ask: providersRegistered, takes: azure },
  { name: "github-app", ask: appsInstalled, takes: `${github}   as an owner of the organisation` },
  { name: "zone", ask: zonesActive, takes: cloudflare },
  { name: "name-clash", ask: namesFree, takes: azure },
  { name: "exists", ask: nothingInTheWay },
  { name: "federation", ask: federationAsDeclared, takes: azure },
  { name: "role-rules", ask: askedForByRule, takes: `${azure}   in a tenant with Entra ID P2` },
  { name: "quota", ask: coresLeft, takes: azure },
  { name: "secret", ask: secretsSet, takes: azure },
  { name: "github-secret", ask: environmentSecretsSet, takes: github },
  { name: "reach", ask: vaultsReached, takes: wayToVaults },
];

/** Examines a stack. What does not answer keeps no other check from being made, and is a finding itself: nobody knows what it hides. */
export async function examine(stack: ExaminedStack, clouds: DoctorClouds): Promise<readonly DoctorFinding[]> {
  const findings: DoctorFinding[] = [];
  for (const { name, ask, takes } of checks) {
    try {
      findings.push(...(await ask(stack, clouds)).map((trouble) => ({ check: name, stack: stack.stack, ...trouble })));
    } catch (error) {
      const signIns = servicesOf(stack).map((service) => signInCommands[service]);
      findings.push(uncheckedFinding(name, stack.stack, error, takes ?? signIns.join("   ")));
    }
  }
  return findings;
}

/** What hosts say is wrong with them, such as what ran there before and was not replaced yet. @param read asks them */
export async function examineHosts(stack: string, read: () => Promise<HostsStatus>): Promise<readonly DoctorFinding[]> {
  try {
    const { problems } = await read();
    return problems.map((what) => ({ check: "hosts", stack, what, mend: "docs/failover.md   docs/host-secrets.md" }));
  } catch (error) {
    return [uncheckedFinding("hosts", stack, error, `${azure}   ~/system/bin/failover status`)];
  }
}

/** The finding in place of a check that could not be made. */
export function uncheckedFinding(check: string, stack: string, error: unknown, mend: string): DoctorFinding {
  const [why = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return { check, stack, what: `could not be checked: ${why}`, mend, unchecked: true };
}

function servicesOf({ planned }: ExaminedStack): readonly Service[] {
  const packages = new Set(planned.map(({ type }) => type.split(":")[0]));
  return services.filter((service) => packages.has(service === "azure" ? "azure-native" : service));
}

async function signedIn(stack: ExaminedStack, { accounts }: DoctorClouds): Promise<readonly Trouble[]> {
  const asked = servicesOf(stack).map(async (service) => {
    const why = await accounts.signInProblem(service, stack.owner);
    return why === undefined ? [] : [{ what: `${service}: ${why}`, mend: signInCommands[service] }];
  });
  return (await Promise.all(asked)).flat();
}

/** What who deploys does in a subscription, and the role that allows it and no more. */
const neededActions: readonly { readonly type: string; readonly action: string; readonly role: string }[] = [
  {
    type: "azure-native:resources:ResourceGroup",
    action: "Microsoft.Resources/subscriptions/resourceGroups/write",
    role: "Contributor",
  },
  {
    type: "azure-native:authorization:RoleAssignment",
    action: "Microsoft.Authorization/roleAssignments/write",
    role: "Role Based Access Control Administrator",
  },
  {
    type: "azure-native:authorization:ManagementLockByScope",
    action: "Microsoft.Authorization/locks/write",
    role: "Locks Contributor",
  },
];

async function rightsInSubscription(
  { planned, subscription }: ExaminedStack,
  { accounts }: DoctorClouds,
): Promise<readonly Trouble[]> {
  const types = new Set(planned.map(({ type }) => currentType(type)));
  const needed = neededActions.filter(({ type }) => types.has(type));
  if (needed.length === 0) return [];
  const allowed = await accounts.allowedActions(subscription);
  return needed
    .filter(({ action }) => !allowed.some((one) => allows(one.actions, action) && !allows(one.notActions, action)))
    .map(({ action, role }) => ({
      what: `who is signed in may not do ${action} in the subscription ${subscription}`,
      mend: `az role assignment create --role "${role}" --assignee $(az ad signed-in-user show --query id --output tsv) --scope /subscriptions/${subscription}`,
    }));
}

/** `*` stands for anything, as in Azure's role definitions; their case does not count. */
function allows(patterns: readonly string[], action: string): boolean {
  return patterns.some((pattern) => {
    const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".*")}$`, "i").test(action);
  });
}

async function rightsAtCloudflare({ planned }: ExaminedStack, { accounts }: DoctorClouds): Promise<readonly Trouble[]> {
  const names = planned.flatMap(({ type, properties }) => {
    const current = currentType(type);
    const phase = current === "cloudflare:index/ruleset:Ruleset" ? textIn(properties, "phase") : current;
    return cloudflareRights[phase]?.name ?? [];
  });
  const needed = [...new Set(names)].sort().map((name) => `${name} Write`);
  if (needed.length === 0) return [];
  const missing = await accounts.missingRights(needed);
  if (missing.length === 0) return [];
  return [
    {
      what: `the token at Cloudflare lacks ${missing.join(", ")}`,
      mend: "edit the token at https://dash.cloudflare.com/profile/api-tokens",
    },
  ];
}

async function providersRegistered(
  { planned, subscription }: ExaminedStack,
  { accounts }: DoctorClouds,
): Promise<readonly Trouble[]> {
  const needed = providersOf(planned);
  if (needed.length === 0) return [];
  return (await accounts.missingProviders(subscription, needed)).map((namespace) => ({
    what: `the resource provider ${namespace} is not registered in the subscription ${subscription}`,
    mend: `az provider register --namespace ${namespace} --subscription ${subscription}`,
  }));
}

async function appsInstalled({ apps, owner }: ExaminedStack, { accounts }: DoctorClouds): Promise<readonly Trouble[]> {
  if (apps.length === 0) return [];
  return (await accounts.missingApps(owner, apps)).map((app) => ({
    what: `the GitHub App ${app} is not installed in ${owner}`,
    mend: `https://github.com/organizations/${owner}/settings/installations   docs/security.md`,
  }));
}

async function zonesActive({ planned, plans }: ExaminedStack, { accounts }: DoctorClouds): Promise<readonly Trouble[]> {
  const owned = planned.filter(({ type }) => currentType(type) === "cloudflare:index/zone:Zone");
  if (owned.length === 0) return [];
  const zones = await accounts.zones();
  return owned.flatMap(({ properties }) => {
    const domain = textIn(properties, "name");
    const found = zones.find(({ name }) => name === domain);
    const page = `https://dash.cloudflare.com/?to=/:account/${domain}`;
    if (found === undefined)
      return [{ what: `the zone ${domain} is not in the account`, mend: `${page}   Add a domain` }];
    const wanted = plans[domain] ?? "free";
    return [
      ...(found.status === "active"
        ? []
        : [
            {
              what: `the zone ${domain} is ${found.status}`,
              mend: `name ${found.nameServers.join(" and ")} as its name servers at its registrar`,
            },
          ]),
      ...(found.plan === wanted
        ? []
        : [
            {
              what: `the zone ${domain} has the plan ${found.plan}, the inventory says ${wanted}`,
              mend: `${page}/billing`,
            },
          ]),
    ];
  });
}

/** Only before the first deployment: afterwards the names are the stack's own. */
async function namesFree(stack: ExaminedStack, { accounts }: DoctorClouds): Promise<readonly Trouble[]> {
  if (stack.deployed.length > 0) return [];
  const asked = stack.planned.map(async ({ type, properties }): Promise<readonly Trouble[]> => {
    const token = currentType(type);
    if (!isNamedType(token)) return [];
    const name = textIn(properties, worldwideNames[token].input);
    const why = stack.isAdopted(name) ? undefined : await accounts.nameProblem(token, name, stack.subscription);
    if (why === undefined) return [];
    const { stack: of } = stack;
    const mend = `npm run adopt -- --stack ${of}, where it is ours; else pulumi config set landscape:generation NEXT --stack ${of}`;
    return [{ what: `the name ${name} cannot be taken: ${why}`, mend }];
  });
  return (await Promise.all(asked)).flat();
}

function isNamedType(type: string): type is NamedType {
  return Object.hasOwn(worldwideNames, type);
}
