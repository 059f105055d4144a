import { storageAccount } from "./account";
import { blobRules } from "./blobs";
import { replicationRules } from "./replication";

export const storageRules = [storageAccount, ...blobRules, ...replicationRules];
