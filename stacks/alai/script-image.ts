/** Node.js 22 with git, the official image, pinned by digest: what scheduled scripts run in. */
export const scriptImage = {
  ownedBy: "program",
  repository: "docker.io/library/node",
  digest: "sha256:363e1587494626837fa7f9a23bdb453d13b0ff3c67c705c2805cfc69c2d2fad7", // renovate: datasource=docker depName=node 22-bookworm
} as const;
