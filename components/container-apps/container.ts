import type { input } from "@pulumi/azure-native/types";
import * as pulumi from "@pulumi/pulumi";
import type { RefusalReason } from "../../lib/refusal";
import type { IdentityReference } from "../identity/managed-identity";
import { desiredImage, hostOfRepository, imageProblems, isPlaceholder, type placeholders } from "./container-image";
import type { ContainerSpec } from "./container-spec";
import { sizeOnProfile, sizeProblems } from "./profile";
import { secretName } from "./schema";
import { identityProblems } from "./workload-identity";

/** What is wrong with what apps and jobs have in common, beyond the kind and range of each value. */
export function containerProblems(spec: ContainerSpec): RefusalReason[] {
  return [
    ...imageProblems(spec.image),
    ...identityProblems(spec),
    ...pullProblems(spec),
    ...sizeProblems(spec, spec.environment.profiles ?? {}),
    ...Object.keys(spec.secrets ?? {})
      .filter((name) => name in (spec.env ?? {}))
      .map((name) => `${name} is in env and in secrets; keep one of them`),
  ];
}

/** The secret of an app or job with the token that its image is pulled with. */
const pullTokenName = "pull-token";

function pullProblems({ pull, image, registry, secrets = {} }: ContainerSpec): string[] {
  const host = hostOfRepository(image.repository);
  const problems: string[] = [];
  if (registry !== undefined && host !== undefined && image.ownedBy === "release")
    problems.push(`image.repository names ${host}, and a registry is given, too; keep one of them`);
  if (pull === undefined) return problems;
  if (pull.server !== host)
    problems.push(`pull is for ${pull.server}, and the image comes from ${host ?? "the registry that is given"}`);
  if (Object.keys(secrets).some((variable) => secretName(variable) === pullTokenName))
    problems.push(`the secret "${pullTokenName}" is the one that the image is pulled with; rename the variable`);
  return problems;
}

/**
 * The image to run: known at once when the program pins it; else read from what runs.
 *
 * @param readRunning the image that runs, undefined when nothing does
 */
export function imageToRun(
  spec: ContainerSpec,
  kind: keyof typeof placeholders,
  readRunning: (resourceGroupName: string) => Promise<string | undefined>,
): pulumi.Output<string> {
  const { image, registry } = spec;
  if (image.ownedBy === "program")
    return pulumi.output(registry?.loginServer).apply((server) => desiredImage(image, kind, undefined, server));
  const running = pulumi.output(spec.resourceGroupName).apply(readRunning);
  if (image.digest === undefined || registry === undefined) {
    return running.apply((found) => desiredImage(image, kind, found, undefined));
  }
  return pulumi
    .all([running, registry.loginServer])
    .apply(([found, loginServer]) => desiredImage(image, kind, found, loginServer));
}

/** The container as Azure takes it, without probes. */
export function containerArgs(
  name: string,
  spec: ContainerSpec,
  image: pulumi.Output<string>,
  identity: IdentityReference,
  placeholderEnv: readonly input.app.EnvironmentVarArgs[] = [],
): input.app.ContainerArgs {
  const { cpu, memoryGib } = sizeOnProfile(spec, spec.environment.profiles ?? {});
  const env = environmentVariables(spec, identity);
  // The program's own images are none: what they are told is known though their registry is not made yet.
  const onlyReal = (words: readonly string[]) =>
    spec.image.ownedBy === "program"
      ? [...words]
      : image.apply((running) => (isPlaceholder(running) ? [] : [...words]));
  return {
    name,
    image,
    resources: { cpu, memory: `${memoryGib}Gi` },
    env:
      placeholderEnv.length === 0
        ? env
        : // Outputs stay inside the list: only the variables that are unknown in a preview are unknown there.
          image.apply((running) => (isPlaceholder(running) ? [...env, ...placeholderEnv] : env)),
    ...(spec.command === undefined ? {} : { command: onlyReal(spec.command) }),
    ...(spec.args === undefined ? {} : { args: onlyReal(spec.args) }),
  };
}

/** Plain variables, references to secrets and their versions, and which identity to use; sorted, so that order is no change. */
function environmentVariables(spec: ContainerSpec, identity: IdentityReference): input.app.EnvironmentVarArgs[] {
  const plain = Object.entries(spec.env ?? {}).map(([name, value]) => ({ name, value }));
  const secrets = Object.entries(spec.secrets ?? {}).flatMap(([name, { version }]) => [
    { name, secretRef: secretName(name) },
    // Azure makes no revision when a secret changes; a variable that names the version does.
    ...(version === undefined ? [] : [{ name: `${name}_VERSION`, value: version }]),
  ]);
  const variables = [...plain, ...secrets, { name: "AZURE_CLIENT_ID", value: identity.clientId }];
  return variables.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Where the image is pulled from, and by whom. */
export function registryCredentials(
  spec: ContainerSpec,
  identity: IdentityReference,
): input.app.RegistryCredentialsArgs[] {
  const { registry, pull } = spec;
  return [
    ...(registry === undefined ? [] : [{ server: registry.loginServer, identity: identity.id }]),
    ...(pull === undefined ? [] : [{ server: pull.server, username: pull.username, passwordSecretRef: pullTokenName }]),
  ];
}

/** Secrets as references into a vault, read with the identity. */
export function secretArgs(spec: ContainerSpec, identity: IdentityReference): input.app.SecretArgs[] {
  const named = Object.entries(spec.secrets ?? {}).map(([name, secret]) => [secretName(name), secret] as const);
  return [...named, ...(spec.pull === undefined ? [] : [[pullTokenName, spec.pull.token] as const])]
    .map(([name, secret]) => ({ name, keyVaultUrl: secret.uri, identity: identity.id }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
