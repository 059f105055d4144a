/** The folders of what this project ships: all sources but tests. */
export const shippingFolders = [
  "bench",
  "cli",
  "components",
  "deployment",
  "lib",
  "operations",
  "policies",
  "programs",
  "sandbox",
  "stacks",
];
