import type * as pulumi from "@pulumi/pulumi";
import type { PrivateService } from "../../lib/private-services";

/** A network as those see it who put something private into it. {@link Network} is one; so is any network read from another stack. */
export interface PrivateNetwork {
  readonly id: pulumi.Input<string>;
  readonly endpointsSubnetId: pulumi.Input<string>;
  /** The private zones that are linked to the network, by service. */
  readonly zoneIds: Readonly<Partial<Record<PrivateService, pulumi.Input<string>>>>;
}

/** Where PostgreSQL servers live inside a network. */
export interface PostgresNetwork {
  /** A subnet delegated to `Microsoft.DBforPostgreSQL/flexibleServers`. */
  readonly subnetId: pulumi.Input<string>;
  /** A zone that ends in `.postgres.database.azure.com`, linked to the network. */
  readonly zoneId: pulumi.Input<string>;
}

/** Where Container Apps environments live. {@link Network} is one. */
export interface AppsNetwork {
  readonly id: pulumi.Input<string>;
  /** A subnet delegated to `Microsoft.App/environments`. */
  readonly appsSubnetId: pulumi.Input<string>;
  /** The whole network: who counts as being in it. */
  readonly addressSpace: string;
}

/**
 * The address of Azure's own resolver, the same in every network; it answers private zones only to those inside.
 * Source: Azure documentation, "What is IP address 168.63.129.16?".
 */
export const azureResolver = "168.63.129.16";
