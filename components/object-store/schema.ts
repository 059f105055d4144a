import { z } from "zod";
import { azureRegion, azureRegions } from "../../lib/azure-regions";
import type { Problem } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { type Redundancy, redundancies } from "../blob-account/account-args";
import { nameRules } from "../naming/name-rules";

const days = (least: number) => z.int().min(least);

/** A container of objects in the inventory. */
const objectContainerSchema = z
  .strictObject({
    name: z
      .string()
      .min(nameRules.blobContainer.minLength, { abort: true })
      .max(nameRules.blobContainer.maxLength, { abort: true })
      .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "expected lower-case letters, digits and single dashes" })
      .meta({ description: "The container's exact name" }),
    coolAfterDays: days(1)
      .optional()
      .meta({ description: "Days after which an object moves to the cool tier. Default: never" }),
    retentionDays: days(1).optional().meta({ description: "Days after which an object is deleted. Default: never" }),
    retired: retirementSchema.exactOptional(),
  })
  .meta({
    description: "A container of objects",
    makes: [{ type: "azure-native:storage:BlobContainer", key: "name", prefix: "*-" }],
  });

const fields = {
  redundancy: z
    .enum(Object.keys(redundancies) as Redundancy[])
    .meta({ description: "How far apart Azure keeps its own copies" }),
  recoveryDays: days(7).max(365).meta({ description: "Days that deleted and overwritten objects can be brought back" }),
  copiesTo: z
    .string()
    .refine((region) => azureRegion(region) !== undefined, {
      error: "expected an Azure region in its short form",
      params: { candidates: azureRegions },
    })
    .optional()
    .meta({ description: "A region in which a second account, on the cool tier, gets every object. Default: none" }),
  containers: z.array(objectContainerSchema).min(1).meta({ description: "The containers" }),
};

/** The objects of one environment. */
export const objectStoreSchema = z
  .strictObject(fields)
  .superRefine((store, refinement) => addProblems(refinement, containerProblems(store)))
  .meta({ description: "Objects (a storage account)", makes: [{ type: "landscape:storage:ObjectStore" }] });

export type ObjectStoreInventory = z.infer<typeof objectStoreSchema>;

/** The arguments of an object store whose values an inventory can say, too. */
export const objectStoreArguments = z
  .object(fields)
  .superRefine((store, refinement) => addProblems(refinement, containerProblems(store)));

function containerProblems({
  containers,
}: Pick<z.infer<z.ZodObject<typeof fields>>, "containers">): readonly Problem[] {
  const names = containers.map(({ name }) => name);
  return containers.flatMap(({ name, coolAfterDays = 0, retentionDays = Number.POSITIVE_INFINITY }, index) => [
    ...(names.indexOf(name) === index
      ? []
      : [{ path: ["containers", index, "name"], message: `"${name}" is given twice; keep one of them` }]),
    ...(coolAfterDays < retentionDays
      ? []
      : [
          {
            path: ["containers", index, "coolAfterDays"],
            message: `${coolAfterDays} is not below retentionDays ${retentionDays}; leave it out`,
          },
        ]),
  ]);
}
