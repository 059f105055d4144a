import { allOf, anyOf, compliant, each, notApplicable, type RuleOutcome, violation } from "../outcome";
import type { StackMember } from "../rule";
import { rulesOf } from "../rule";
import type { StackMembers } from "../stack-members";
import { requireCompanion } from "../stack-members";
import type { StackParameters } from "../stack-parameters";
import { anyReading, comparable, items, type Reading, read, readWithin } from "./shared/property-reading";
import { inProduction, ofPremium, ofPrimary, requireNumber, requireSetting, requireValue } from "./shared/requirements";
import { tierOf, tierPromises } from "./shared/service-tiers";

export const recoveryRules = rulesOf("recovery", [
  {
    id: "apps-environment-zones",
    benchmarkRow: 54,
    controls: ["PSRule AZR-000414"],
    description: "In production, Container Apps environments are spread over zones.",
    remediation: "Set zoneRedundant to true. It is fixed when the environment is made.",
    types: ["azure-native:app:ManagedEnvironment"],
    evaluate: inProduction(requireSetting("zoneRedundant", { oneOf: [true], absent: "violates" })),
  },
  {
    id: "blob-container-soft-delete",
    benchmarkRow: 18,
    controls: ["CIS Azure 6.0 9.2.2"],
    description: "Deleted blob containers can be recovered for at least 7 days.",
    remediation: "Set containerDeleteRetentionPolicy.enabled to true and its days to 7 or more.",
    types: ["azure-native:storage:BlobServiceProperties"],
    evaluate: (blobs) =>
      allOf([
        requireValue(read(blobs, "containerDeleteRetentionPolicy.enabled"), { oneOf: [true], absent: "violates" }),
        requireNumber(read(blobs, "containerDeleteRetentionPolicy.days"), { atLeast: 7, absent: "violates" }),
      ]),
  },
  {
    id: "blob-immutability",
    benchmarkRow: 22,
    controls: ["AVM"],
    description: "What is immutable stays so for at least 7 days.",
    remediation: "Set immutabilityPeriodSinceCreationInDays to 7 or more.",
    types: ["azure-native:storage:BlobContainerImmutabilityPolicy"],
    evaluate: (policy) =>
      requireNumber(read(policy, "immutabilityPeriodSinceCreationInDays"), { atLeast: 7, absent: "violates" }),
  },
  {
    id: "blob-point-in-time-restore",
    benchmarkRow: 20,
    controls: ["Own"],
    description: "All blobs of an account can be taken back to a point in time.",
    remediation:
      "Set changeFeed.enabled and restorePolicy.enabled to true, with restorePolicy.days below those of the soft delete.",
    // An option: versions and soft delete already bring each blob back; a change feed costs by the write, and Litestream writes every second.
    level: "disabled",
    types: ["azure-native:storage:BlobServiceProperties"],
    evaluate: (blobs) =>
      allOf([
        requireValue(read(blobs, "changeFeed.enabled"), { oneOf: [true], absent: "violates" }),
        requireValue(read(blobs, "restorePolicy.enabled"), { oneOf: [true], absent: "violates" }),
      ]),
  },
  {
    id: "blob-soft-delete",
    benchmarkRow: 17,
    controls: ["CIS Azure 6.0 9.2.1", "CKV2_AZURE_38", "PSRule Azure.Storage.SoftDelete"],
    description: "Deleted blobs can be recovered for at least 7 days.",
    remediation: "Set deleteRetentionPolicy.enabled to true and its days to 7 or more.",
    types: ["azure-native:storage:BlobServiceProperties"],
    evaluate: (blobs) =>
      allOf([
        requireValue(read(blobs, "deleteRetentionPolicy.enabled"), { oneOf: [true], absent: "violates" }),
        requireNumber(read(blobs, "deleteRetentionPolicy.days"), { atLeast: 7, absent: "violates" }),
      ]),
  },
  {
    id: "blob-versions",
    benchmarkRow: 19,
    controls: ["CIS Azure 6.0 9.2.3"],
    description: "Overwritten blobs are kept as versions.",
    remediation: "Set isVersioningEnabled to true.",
    types: ["azure-native:storage:BlobServiceProperties"],
    evaluate: requireSetting("isVersioningEnabled", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "container-app-no-sticky-sessions",
    benchmarkRow: 48,
    controls: ["PSRule AZR-000378"],
    description: "Container Apps answer any request from any replica.",
    remediation: "Set configuration.ingress.stickySessions.affinity to none, or leave it out.",
    types: ["azure-native:app:ContainerApp"],
    evaluate: (app) => {
      const ingress = read(app, "configuration.ingress");
      if (ingress.state === "absent") return notApplicable("the app has no ingress");
      return requireValue(read(app, "configuration.ingress.stickySessions.affinity"), {
        oneOf: ["none"],
        absent: "complies",
      });
    },
  },
  {
    id: "container-app-probes",
    benchmarkRow: 49,
    controls: ["AVM"],
    description: "Container Apps that answer requests are asked whether they live and whether they are ready.",
    remediation: "Give a container probes of type Liveness and Readiness.",
    types: ["azure-native:app:ContainerApp"],
    evaluate: (app) => {
      const ingress = read(app, "configuration.ingress");
      if (ingress.state === "absent") return notApplicable("the app has no ingress");
      const containers = items(read(app, "template.containers"));
      if (containers.length === 0) return violation("template.containers", "is empty");
      return anyOf(each(containers, (container) => requireProbes(readWithin(container, "probes"))));
    },
  },
  {
    id: "container-app-replicas",
    benchmarkRow: 47,
    controls: ["PSRule AZR-000413"],
    description: "In production, Container Apps have a tier, and those of tier P0 run at least twice.",
    remediation: "Declare the app in the stack's tiers; for P0 set template.scale.minReplicas to 2 or more.",
    types: ["azure-native:app:ContainerApp"],
    evaluate: (app, stack) => {
      if (!stack.production) return notApplicable("the stack is not production");
      const tier = tierOf(app.name, stack.tiers);
      if (tier === undefined) return violation(app.name, "has no tier, so nobody knows what it promises");
      if (tier !== "P0") return notApplicable("its tier allows the time that a new replica takes");
      return requireNumber(read(app, "template.scale.minReplicas"), { atLeast: 2, absent: "violates" });
    },
  },
  {
    id: "job-within-tier",
    benchmarkRow: 51,
    controls: ["Own"],
    description: "In production, jobs have a tier, and end within the time that the tier may be away.",
    remediation: "Declare the job in the stack's tiers, or lower configuration.replicaTimeout.",
    types: ["azure-native:app:Job"],
    evaluate: (job, stack) => {
      if (!stack.production) return notApplicable("the stack is not production");
      const tier = tierOf(job.name, stack.tiers);
      if (tier === undefined) return violation(job.name, "has no tier, so nobody knows what it promises");
      const atMost = tierPromises[tier].awayMinutes * 60;
      return requireNumber(read(job, "configuration.replicaTimeout"), { atMost, absent: "violates" });
    },
  },
  {
    id: "postgres-backup-days",
    benchmarkRow: 26,
    controls: ["Own"],
    description: "PostgreSQL servers can be taken back as many days as the stack's backupDays say: 14 in production.",
    remediation: "Raise backup.backupRetentionDays.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: ofPrimary((server, stack) =>
      requireNumber(read(server, "backup.backupRetentionDays"), { atLeast: stack.backupDays, absent: "violates" }),
    ),
  },
  {
    id: "postgres-geo-backup",
    benchmarkRow: 25,
    controls: ["CKV_AZURE_136", "PSRule Azure.PostgreSQL.GeoRedundantBackup", "Azure Policy cee2f9fd"],
    description: "PostgreSQL servers keep a copy of their backups in a second region.",
    remediation: "Set backup.geoRedundantBackup to Enabled. It is fixed when the server is made.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: ofPrimary(requireSetting("backup.geoRedundantBackup", { oneOf: ["Enabled"], absent: "violates" })),
  },
  {
    id: "postgres-maintenance-window",
    benchmarkRow: 31,
    controls: ["PSRule AZR-000433"],
    description: "PostgreSQL servers are maintained at a time that we chose.",
    remediation: "Set maintenanceWindow.customWindow to Enabled, with a day and an hour.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: requireSetting("maintenanceWindow.customWindow", { oneOf: ["Enabled"], absent: "violates" }),
  },
  {
    id: "postgres-standby",
    benchmarkRow: 27,
    controls: ["PSRule AZR-000434"],
    description:
      "In production, PostgreSQL servers have a standby in another zone: Burstable ones cannot, and may not hold what is of tier P0.",
    remediation:
      "Set highAvailability.mode to ZoneRedundant, with a sku.tier that allows it, or lower the tier that is promised.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: ofPrimary((server, stack) => {
      if (!stack.production) return notApplicable("the stack is not production");
      const size = read(server, "sku.tier");
      const isBurstable = size.state === "known" && comparable(size.value) === "burstable";
      const isCritical = tierOf(server.name, stack.tiers) === "P0";
      if (isBurstable && !isCritical) return notApplicable("Burstable servers cannot have a standby");
      return requireValue(read(server, "highAvailability.mode"), { oneOf: ["ZoneRedundant"], absent: "violates" });
    }),
  },
  {
    id: "postgres-storage-grows",
    benchmarkRow: 32,
    controls: ["Own"],
    description: "The storage of PostgreSQL servers grows before it is full: a full one takes no writes.",
    remediation: "Set storage.autoGrow to Enabled.",
    types: ["azure-native:dbforpostgresql:Server"],
    evaluate: requireSetting("storage.autoGrow", { oneOf: ["Enabled"], absent: "violates" }),
  },
  {
    id: "queue-dead-letters",
    controls: ["Own"],
    description: "Queues keep what nobody read in time as dead letters.",
    remediation: "Set deadLetteringOnMessageExpiration to true.",
    types: ["azure-native:servicebus:Queue"],
    evaluate: requireSetting("deadLetteringOnMessageExpiration", { oneOf: [true], absent: "violates" }),
  },
  {
    id: "redis-enterprise-standby",
    controls: ["Own"],
    description: "In production, Redis Enterprise clusters have a second node, in another zone where there is one.",
    remediation: "Set highAvailability to Enabled, or leave it out: Enabled is the service's default.",
    types: ["azure-native:redisenterprise:RedisEnterprise"],
    evaluate: inProduction(requireSetting("highAvailability", { oneOf: ["Enabled"], absent: "complies" })),
  },
  {
    id: "registry-premium",
    benchmarkRow: 64,
    controls: ["Own"],
    description: "In production, container registries are of the kind that can be private, replicated and cleaned up.",
    remediation: "Set sku.name to Premium.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: inProduction(requireSetting("sku.name", { oneOf: ["Premium"], absent: "violates" })),
  },
  {
    id: "registry-retention",
    benchmarkRow: 66,
    controls: ["CKV_AZURE_167"],
    description: "Premium registries take away images that nothing names any more.",
    remediation: "Set policies.retentionPolicy.status to enabled.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: ofPremium(requireSetting("policies.retentionPolicy.status", { oneOf: ["enabled"], absent: "violates" })),
  },
  {
    id: "registry-zones",
    benchmarkRow: 66,
    controls: ["CKV_AZURE_233"],
    description: "In production, Premium registries are spread over zones.",
    remediation: "Set zoneRedundancy to Enabled.",
    types: ["azure-native:containerregistry:Registry"],
    evaluate: inProduction(ofPremium(requireSetting("zoneRedundancy", { oneOf: ["Enabled"], absent: "violates" }))),
  },
  {
    id: "stateful-locked",
    benchmarkRow: 16,
    controls: ["CIS Azure 6.0 9.3.9"],
    description: "In production, a lock keeps storage accounts and PostgreSQL servers from being deleted.",
    remediation: "Make a ManagementLockByScope with level CanNotDelete and the resource's id as its scope.",
    types: ["azure-native:storage:StorageAccount", "azure-native:dbforpostgresql:Server"],
    companions: ["azure-native:authorization:ManagementLockByScope"],
    evaluate: (subject: StackMember, members: StackMembers, stack: StackParameters) => {
      if (!stack.production) return notApplicable("the stack is not production");
      if (read(subject, "sourceServerResourceId").state !== "absent") return notApplicable("its source holds it all");
      return requireCompanion(subject, members, {
        type: "azure-native:authorization:ManagementLockByScope",
        property: "scope",
        missing: "has no lock against deletion",
        accepts: (found) =>
          requireValue(read(found, "level"), { oneOf: ["CanNotDelete", "ReadOnly"], absent: "violates" }),
      });
    },
  },
  {
    id: "storage-geo-redundant",
    benchmarkRow: 13,
    controls: ["CIS Azure 6.0 9.3.11", "CKV_AZURE_206", "PSRule Azure.Storage.UseReplication"],
    description: "In production, storage accounts keep a copy in a second region.",
    remediation: "Set sku.name to Standard_RAGRS, Standard_GRS, Standard_GZRS or Standard_RAGZRS.",
    types: ["azure-native:storage:StorageAccount"],
    evaluate: inProduction(
      requireSetting("sku.name", {
        oneOf: ["Standard_RAGRS", "Standard_GRS", "Standard_GZRS", "Standard_RAGZRS"],
        absent: "violates",
      }),
    ),
  },
]);

function requireProbes(probes: Reading): RuleOutcome {
  const types = items(probes).map((probe) => readWithin(probe, "type"));
  return allOf(
    each(["Liveness", "Readiness"], (wanted) => {
      const found = anyReading(types, (type) => comparable(type) === wanted.toLowerCase());
      return found ? compliant : violation(probes.path, `has no ${wanted} probe`);
    }),
  );
}
