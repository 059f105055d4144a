import { z } from "zod";
import { azureRegion, azureRegions } from "../../lib/azure-regions";
import { type Problem, repeatedName } from "../../lib/located-yaml/problem";
import { addProblems } from "../../lib/located-yaml/schema-problems";
import { retirementSchema } from "../../lib/retirement";
import { blobContainerNameSchema, coolingProblems, redundancySchema } from "../blob-account/container-schema";

const days = (least: number) => z.int().min(least);

/** A container of objects in the inventory. */
const objectContainerSchema = z
  .strictObject({
    name: blobContainerNameSchema,
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
  redundancy: redundancySchema.meta({ description: "How far apart Azure keeps its own copies" }),
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
  return containers.flatMap((container, index) => [
    ...repeatedName(names, index, ["containers", index, "name"]),
    ...coolingProblems(container, ["containers", index]),
  ]);
}
