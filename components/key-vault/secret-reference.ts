import type * as pulumi from "@pulumi/pulumi";

/** Where a secret is, never what it says. Made by {@link KeyVault.secret}. */
export interface SecretReference {
  /** Its name in the vault. */
  readonly name: string;
  /** The Azure id of the secret: the scope of the role that reads it. */
  readonly id: pulumi.Output<string>;
  /** The secret's address, with its version if one is pinned. */
  readonly uri: pulumi.Output<string>;
  /** The pinned version, if any. Without one, consumers follow the newest within about 30 minutes. */
  readonly version: string | undefined;
}
