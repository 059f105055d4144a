import { z } from "zod";
import { hostPlacesSchema } from "../../components/hosts/host-places";
import {
  addresses,
  cloudflareAccountId,
  databaseAdministrators,
  databaseReaders,
  previewSettings,
  receivers,
  type StackSettings,
  text,
  uuid,
} from "../settings";

/** What each stack's file says beyond the settings of every stack. */
export const alaiSettings = {
  bootstrap: {
    operatorAddresses: addresses,
    runnerAddresses: addresses,
    alertEmails: receivers,
    previewingAppClientId: text,
    deployingAppClientId: text,
    proposingAppClientId: text,
    releasingAppClientId: text,
    tailnetClients: z.strictObject({ preview: text, deploy: text, watcher: text }),
    /** Groups of people: object ids, by the names that pipelines.yaml has for them. Default: there are none. */
    peopleGroups: z.record(z.string(), uuid).optional(),
  },
  prod: {
    cloudflareAccountId,
    deployingAppId: z.int().min(1),
    hostPrincipals: z.record(z.string(), uuid).optional(),
    alertEmails: receivers,
    databaseAdministrators,
    databaseReaders,
  },
  dev: {
    cloudflareAccountId,
    operatorAddresses: addresses,
    alertEmails: receivers,
    databaseAdministrators,
    databaseReaders,
  },
  hosts: {
    alertEmails: receivers,
    tailnetGroups: z.record(z.string(), z.array(z.email("expected an e-mail address"))),
    hostSshUser: text,
    hostSshKey: text.optional(),
    hostPlaces: hostPlacesSchema.optional(),
  },
  preview: previewSettings,
} as const satisfies Readonly<Record<string, StackSettings>>;

/** Where runbooks are: every alert names its page. */
export const runbooks = "https://docs.alai.no/books/runbooks/page";
