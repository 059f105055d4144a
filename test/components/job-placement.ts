import { ManagedEnvironment } from "@pulumi/azure-native/app";
import { Secret, Vault } from "@pulumi/azure-native/keyvault";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { BlobContainer, StorageAccount } from "@pulumi/azure-native/storage";
import type { SecretReference } from "../../components/key-vault/key-vault";
import type { BlobContainerReference, ScriptPlacement } from "../../components/scheduled-script/scheduled-script";
import { lasting } from "./seeded-sandbox";

const location = lasting.location;

/** What scheduled jobs stand on, made without components: an environment, a vault with secrets, and a container for blobs. */
export function jobSurroundings(): {
  placement: ScriptPlacement;
  secret: (name: string) => SecretReference;
  container: BlobContainerReference;
} {
  const group = new ResourceGroup("jobs", { resourceGroupName: "jobs", location });
  const resourceGroupName = group.name;
  const environment = new ManagedEnvironment("jobs", {
    resourceGroupName,
    environmentName: "jobs",
    location,
    workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
  });
  const vault = new Vault("jobs", {
    resourceGroupName,
    vaultName: "jobs-4f1d0c3a",
    location,
    properties: {
      tenantId: "00000000-0000-4000-8000-000000000002",
      sku: { family: "A", name: "standard" },
      enableRbacAuthorization: true,
    },
  });
  const account = new StorageAccount("jobs", {
    resourceGroupName,
    accountName: "jobs4f1d0c3a",
    location,
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
    allowSharedKeyAccess: false,
  });
  const blobs = new BlobContainer("jobs", { resourceGroupName, accountName: account.name, containerName: "jobs" });
  return {
    placement: {
      context: lasting,
      resourceGroupName,
      image: {
        ownedBy: "program",
        repository: "public.ecr.aws/docker/library/node",
        digest: `sha256:${"0".repeat(64)}`,
      },
      environment: {
        id: environment.id,
        environmentName: environment.name,
        resourceGroupName,
        defaultDomain: environment.defaultDomain,
        domainVerificationId: "",
        internal: false,
        networkBlocks: [],
      },
    },
    secret: (name) => {
      const made = new Secret(name, { resourceGroupName, vaultName: vault.name, secretName: name, properties: {} });
      return { name, id: made.id, uri: made.properties.apply(({ secretUri }) => secretUri), version: undefined };
    },
    container: { id: blobs.id, url: account.primaryEndpoints.apply(({ blob }) => `${blob}jobs`) },
  };
}
