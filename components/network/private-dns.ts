/**
 * The address of Azure's own resolver, the same in every network; it answers private zones only to those inside.
 * Source: Azure documentation, "What is IP address 168.63.129.16?".
 */
export const azureResolver = "168.63.129.16";
