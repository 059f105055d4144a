/** Resources of the plain program beside its components and their records: stack, resource group and storage account. */
export const plainResources = 3;
