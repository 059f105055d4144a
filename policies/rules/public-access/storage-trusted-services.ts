import type { PolicyRule } from "../../rule";
import { read } from "../shared/property-reading";
import { requireListed } from "../shared/requirements";

export const storageTrustedServices: PolicyRule = {
  id: "storage-trusted-services",
  family: "public-access",
  benchmarkRow: 7,
  controls: ["CIS Azure 6.0 9.3.5", "CKV_AZURE_36"],
  description: "The firewalls of storage accounts let Azure's own services through, which logging and backup need.",
  remediation: "Set networkRuleSet.bypass to AzureServices, or leave it out: that is the service's default.",
  level: "mandatory",
  types: ["azure-native:storage:StorageAccount"],
  evaluate: (account) => requireListed(read(account, "networkRuleSet.bypass"), ["AzureServices"], "complies"),
};
