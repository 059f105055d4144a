import * as pulumi from "@pulumi/pulumi";
import { refusal } from "../../lib/refusal";
import { ContainerJob } from "../container-apps/container-job";
import { publicImages } from "../container-registry/public-images";
import { physicalName } from "../naming/physical-name";
import type { ObjectStore } from "../object-store/object-store";
import type { WatchedJob } from "../observability/watch-rules";
import { nodeCommand, placementOf, type ScriptPlacement } from "../scheduled-script/scheduled-script";
import type { R2Buckets } from "./r2-buckets";
import { copyJobs, type R2BucketsInventory } from "./schema";

/** Where buckets are copied from and to, and where the jobs run. */
export interface BucketCopiesPlace extends Omit<ScriptPlacement, "image"> {
  readonly buckets: Pick<R2Buckets, "access">;
  /** Default: there is none, and a bucket that is copied is refused. */
  readonly objects: Pick<ObjectStore, "access" | "blobEndpoint"> | undefined;
}

/** Until the next run, which goes on where this one was stopped. */
const timeoutSeconds = 3600;

/**
 * Second copies of buckets in containers of blobs, where the inventory asks for them: a job for each reads the bucket with a key for that
 * bucket alone, and writes the container. See docs/decisions/0051.
 *
 * @returns the jobs, as rules can watch them
 */
export function copyBuckets(inventory: R2BucketsInventory, { buckets, objects, ...place }: BucketCopiesPlace) {
  return copyJobs(inventory).map(({ name, schedule, bucket, to }): WatchedJob => {
    if (objects === undefined) throw refusal(name, [`the environment has no objects, and so no container "${to}"`]);
    const { url, accessKeyId, secretAccessKey } = buckets.access(bucket, "read");
    new ContainerJob(name, {
      ...placementOf({ ...place, image: publicImages.node }),
      ...nodeCommand("programs/jobs/copy-bucket.ts"),
      trigger: { by: "schedule", cron: schedule },
      timeoutSeconds,
      env: {
        BUCKET_URL: url,
        COPIES_URL: pulumi.interpolate`${objects.blobEndpoint}${to}`,
        ACCESS_KEY_ID: accessKeyId,
      },
      secrets: { SECRET_ACCESS_KEY: secretAccessKey },
      roles: [objects.access(to, "write")],
    });
    return { name, schedule, jobNames: [physicalName(place.context, "containerApp", name)], container: name };
  });
}
