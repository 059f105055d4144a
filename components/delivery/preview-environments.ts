/** The label of pull requests that have a preview environment. */
export const previewLabel = "preview-environment";

/** What belongs to all preview environments together: the repository's environment, the identity, the state container and its key. */
export const previewEnvironment = "preview";
