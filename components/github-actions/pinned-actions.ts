/**
 * The actions and tools that generated workflows use: the only place they are named.
 *
 * Actions are pinned by commit, because a tag can be moved. The comment after each pin is what Renovate reads and rewrites
 * (`renovate: datasource=… depName=…`), together with the value in front of it.
 */
export const pinnedActions = {
  checkout: "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", // renovate: datasource=github-tags depName=actions/checkout v7.0.1
  setupNode: "actions/setup-node@820762786026740c76f36085b0efc47a31fe5020", // renovate: datasource=github-tags depName=actions/setup-node v7.0.0
  uploadArtifact: "actions/upload-artifact@bbbca2ddaa5d8feaa63e36b76fdaad77386f024f", // renovate: datasource=github-tags depName=actions/upload-artifact v7.0.0
  downloadArtifact: "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", // renovate: datasource=github-tags depName=actions/download-artifact v8.0.1
} as const;

/** Versions of command-line tools that workflows fetch from a registry. */
export const pinnedTools = {
  node: "22", // the newest long-term release that wrangler and the framework builds support
  wrangler: "4.164.0", // renovate: datasource=npm depName=wrangler
} as const;

/** The runner image: a version, because `ubuntu-latest` changes under a workflow's feet. */
export const runner = "ubuntu-24.04";
