import { z } from "zod";
import { retirementSchema } from "../../lib/retirement";
import { nameRules } from "../naming/name-rules";

/** A secret's name in a vault. */
export const secretNameSchema = z
  .string()
  .min(nameRules.vaultSecret.minLength, { abort: true })
  .max(nameRules.vaultSecret.maxLength, { abort: true })
  .regex(/^[A-Za-z0-9-]+$/, "expected letters, digits and dashes");

/** Days in which a secret is rotated: what systems.md asks for, and for those that live long. */
export const rotation = { usual: 90, longLived: 365 } as const;

/** A secret of the inventory: what it is called, who sets it, and where it is. */
export const secretSchema = z
  .strictObject({
    name: secretNameSchema.meta({ description: "Its name in the vault" }),
    owner: z.string().min(1).meta({ description: "The team that sets and rotates it" }),
    environments: z.array(z.string().min(1)).min(1).meta({ description: "The environments whose vaults hold it" }),
    longLived: z
      .boolean()
      .default(false)
      .meta({ description: `Rotated every ${rotation.longLived} days instead of ${rotation.usual}. Default: false` }),
    rotationDays: z
      .int()
      .min(1)
      .max(rotation.longLived)
      .exactOptional()
      .meta({
        description: `Days in which it is rotated. Default: ${rotation.usual}, or ${rotation.longLived} when it is long-lived`,
      }),
    certificate: z.boolean().exactOptional().meta({
      description:
        "Holds a certificate with its key (PKCS #12 in base64), one that nobody trusts until it is set. Default: false",
    }),
    keepsVersions: z.boolean().exactOptional().meta({
      description: "Whether older versions stay of use, as keys that open what they encrypted. Default: false",
    }),
    retired: retirementSchema.exactOptional(),
  })
  .meta({ description: "A secret", makes: [{ type: "azure-native:keyvault:Secret", key: "name", prefix: "*-" }] });

export type SecretEntry = z.infer<typeof secretSchema>;

/** Days in which a secret is rotated. */
export function rotationDaysOf({ longLived, rotationDays }: SecretEntry): number {
  return rotationDays ?? (longLived ? rotation.longLived : rotation.usual);
}
