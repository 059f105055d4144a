import { valueAt } from "../../lib/property-path";
import { currentType } from "../../lib/type-token";
import { type DoctorClouds, type ExaminedStack, type Trouble, textIn } from "./examined-stack";

export async function federationAsDeclared(
  stack: ExaminedStack,
  { accounts }: DoctorClouds,
): Promise<readonly Trouble[]> {
  if (stack.deployed.length === 0) return [];
  const credentials = stack.planned.filter(({ type }) => type.endsWith(":FederatedIdentityCredential"));
  const asked = credentials.map(async ({ properties, name }): Promise<readonly Trouble[]> => {
    const [group, identity, credential] = [
      "resourceGroupName",
      "resourceName",
      "federatedIdentityCredentialResourceName",
    ].map((key) => textIn(properties, key));
    const id = `/subscriptions/${stack.subscription}/resourceGroups/${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${identity}/federatedIdentityCredentials/${credential}`;
    const found = await accounts.federation(id);
    const [issuer, subject] = [textIn(properties, "issuer"), textIn(properties, "subject")];
    if (found?.issuer === issuer && found.subject === subject) return [];
    const now = found === undefined ? "there is none" : `it believes ${found.subject}`;
    return [
      {
        what: `${name} of ${identity} should believe ${subject}; ${now}`,
        mend: `npm run up -- --stack ${stack.stack}`,
      },
    ];
  });
  return (await Promise.all(asked)).flat();
}

/** A new revision starts beside the old one: the largest app needs its cores once more. */
export async function coresLeft(
  { planned, deployed }: ExaminedStack,
  { takeover }: DoctorClouds,
): Promise<readonly Trouble[]> {
  const apps = planned.filter(({ type }) => currentType(type) === "azure-native:app:ContainerApp");
  const needs = apps.map(({ properties }) => {
    const cpu = Number(valueAt(properties, ["template", "containers", 0, "resources", "cpu"]) ?? 0);
    return cpu * Math.max(1, Number(valueAt(properties, ["template", "scale", "minReplicas"]) ?? 0));
  });
  const needed = Math.max(0, ...needs);
  const environments = deployed.filter(({ type }) => currentType(type) === "azure-native:app:ManagedEnvironment");
  const asked = environments.map(async ({ id }): Promise<readonly Trouble[]> => {
    const left = await takeover.coresLeft(id);
    if (left >= needed) return [];
    const what = `${left} cores are left in ${id.split("/").at(-1)}; a release of its largest app needs ${needed}`;
    return [{ what, mend: "https://portal.azure.com/#view/Microsoft_Azure_Capacity/QuotaMenuBlade" }];
  });
  return (await Promise.all(asked)).flat();
}

export async function secretsSet(
  { stack, deployed }: ExaminedStack,
  { readings }: DoctorClouds,
): Promise<readonly Trouble[]> {
  const vaults = deployed.filter(({ type, owned }) => owned && currentType(type) === "azure-native:keyvault:Vault");
  const asked = vaults.map(async ({ id }) =>
    (await readings.secrets(id))
      .filter(({ isSet }) => !isSet)
      .map(({ name, isCertificate }) => ({
        what: `the secret ${name} is not set`,
        mend: isCertificate
          ? "docs/runbooks/job.md#origin-certificate"
          : `npm run secret -- set --stack ${stack} --name ${name}`,
      })),
  );
  return (await Promise.all(asked)).flat();
}

/** The program makes them with a placeholder, and GitHub tells nobody what they hold: only when they were last set. */
export async function environmentSecretsSet(
  { deployed, owner, planned }: ExaminedStack,
  { accounts }: DoctorClouds,
): Promise<readonly Trouble[]> {
  if (deployed.length === 0) return [];
  const secrets = planned.filter(({ type }) => type.endsWith(":ActionsEnvironmentSecret"));
  const places = secrets.map(({ properties }) => [textIn(properties, "repository"), textIn(properties, "environment")]);
  const different = [...new Map(places.map((place) => [place.join(" "), place])).values()];
  const asked = different.map(async ([repository = "", environment = ""]) =>
    (await accounts.unsetSecrets(owner, repository, environment)).map((name) => ({
      what: `the secret ${name} of the environment ${environment} of ${owner}/${repository} is not set`,
      mend: `gh secret set ${name} --env ${environment} --repo ${owner}/${repository}`,
    })),
  );
  return (await Promise.all(asked)).flat();
}

export const wayToVaults = "tailscale up --accept-routes --accept-dns";

/** Vaults that the internet does not reach are reached through the tailnet's router. */
export async function vaultsReached(
  { deployed }: ExaminedStack,
  { accounts }: DoctorClouds,
): Promise<readonly Trouble[]> {
  const vaults = deployed.filter(
    ({ type, owned, outputs }) =>
      owned &&
      currentType(type) === "azure-native:keyvault:Vault" &&
      valueAt(outputs, ["properties", "publicNetworkAccess"]) === "Disabled",
  );
  const asked = vaults.map(async ({ id }): Promise<readonly Trouble[]> => {
    const host = `${id.split("/").at(-1)}.vault.azure.net`;
    const why = await accounts.reachProblem(host);
    return why === undefined ? [] : [{ what: `${host}: ${why}`, mend: wayToVaults }];
  });
  return (await Promise.all(asked)).flat();
}
