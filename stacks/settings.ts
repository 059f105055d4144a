import { z } from "zod";
import type { PostgresAdministrator } from "../components/postgres-server/postgres-server-args";
import { publicAddressSchema } from "../components/reach/schema";
import { adoptedSchema } from "../lib/adopted-resource";
import { azureRegion, azureRegions } from "../lib/azure-regions";
import type { StackConfiguration } from "./stack-configuration";

/** Settings by their names in `Pulumi.<stack>.yaml`, without the project's namespace. */
export type StackSettings = z.ZodRawShape;

/** A setting's text that says something. */
export const text = z.string().min(1, "expected some text");
export const uuid = z.guid("expected an id such as 00000000-0000-4000-8000-000000000001");
export const addresses = z.array(publicAddressSchema).min(1, "expected at least one address");

/** People who get mail, by a name for the receiver. */
export const receivers = z.record(z.string(), z.email("expected an e-mail address"));

const databaseReaderName = "expected lower-case letters, digits and dashes, beginning with a letter";

/** People who administer databases: users, groups or identities of Entra. */
export const databaseAdministrators = z
  .array(z.strictObject({ name: text, objectId: uuid, type: z.enum(["User", "Group", "ServicePrincipal"]) }))
  .min(1, "expected at least one administrator");

/** Groups of Entra whose members read databases, to find out what is wrong; they sign in by the name that is given here. */
export const databaseReaders = z
  .array(z.strictObject({ name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, databaseReaderName), objectId: uuid }))
  .optional();

/** Whom the workflows of an application become, as `bootstrap` says in `releasePrincipals`. */
export const releasePrincipals = z
  .strictObject({ release: uuid, push: uuid.optional(), copy: uuid.optional() })
  .optional();

export const cloudflareAccountId = z.string().regex(/^[0-9a-f]{32}$/, "expected the 32 hex digits of an account id");

export const regionSchema = z.string().refine((region) => azureRegion(region) !== undefined, {
  error: "expected an Azure region in its short form",
  params: { candidates: azureRegions },
});

/**
 * What every stack's file, or `Pulumi.yaml` with its defaults, says. Descriptions and defaults are in `Pulumi.yaml`, where the engine
 * reads them.
 */
export const commonSettings = {
  system: text,
  environment: z.string().regex(/^[a-z][a-z0-9-]*$/, "expected lower-case letters, digits and dashes, for example dev"),
  lasting: z.boolean(),
  generation: z.string(),
  location: regionSchema,
  team: text,
  costCenter: text,
  hostAddresses: z.array(publicAddressSchema),
  githubOwner: text,
} as const satisfies StackSettings;

/** What every stack's file may say beside. `Pulumi.yaml` declares none: it knows no lists of mappings. */
export const optionalSettings = {
  /** Written by `npm run adopt`. Default: nothing is taken over. */
  adopted: adoptedSchema.optional(),
} as const satisfies StackSettings;

/** Who administers an environment's databases, as its stack's file says. */
export function administratorsOf({ settings }: Pick<StackConfiguration, "settings">): readonly PostgresAdministrator[] {
  return settings.requireObject<z.infer<typeof databaseAdministrators>>("databaseAdministrators");
}

/** The addresses of those who hear of alerts, as a stack's file says. */
export function alertAddressesOf({ settings }: Pick<StackConfiguration, "settings">): readonly string[] {
  return Object.values(settings.requireObject<Record<string, string>>("alertEmails"));
}

/** What the file of a stack that is one environment of a system's services says beyond {@link commonSettings}. */
export const platformSettings = {
  cloudflareAccountId,
  operatorAddresses: addresses,
  alertEmails: receivers,
  databaseAdministrators,
  databaseReaders,
  releasePrincipals,
  /** Where runbooks are: every alert names its page. */
  runbooks: z.url("expected an address such as https://docs.example.com/runbooks"),
} as const satisfies StackSettings;

/** What the file of a preview environment says beyond {@link commonSettings}. */
export const previewSettings = {
  expiresAt: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, "must say on which day it ends, such as 2026-12-01")
    .optional(),
  alertEmails: receivers,
  databaseAdministrators,
} as const satisfies StackSettings;
