import type { ContainerImage } from "../container-apps/container-image";

/** An image that changes with the program. */
export type PinnedImage = Extract<ContainerImage, { ownedBy: "program" }>;

/**
 * Where Docker's official images are, by everybody's name for them. It is the same images with the same digests as on Docker Hub, which
 * lets an address without an account pull a hundred times in six hours. Source: AWS, "Docker Official Images on Amazon ECR Public".
 */
export const officialImages = "public.ecr.aws/docker/library";

/** Every public image that this program runs, pinned by digest. An environment's registry keeps a copy of the official ones. */
export const publicImages = {
  /** Node.js 22 with git: what scheduled scripts run in. */
  node: official("node", "sha256:363e1587494626837fa7f9a23bdb453d13b0ff3c67c705c2805cfc69c2d2fad7"), // renovate: datasource=docker depName=public.ecr.aws/docker/library/node 22-bookworm
  /** PostgreSQL 16, for its client. */
  postgres: official("postgres", "sha256:57c72fd2a128e416c7fcc499958864df5301e940bca0a56f58fddf30ffc07777"), // renovate: datasource=docker depName=public.ecr.aws/docker/library/postgres 16-alpine
  /** Redis 7.4, for caches whose contents nobody would miss. */
  redis: official("redis", "sha256:bb186d083732f669da90be8b0f975a37812b15e913465bb14d845db72a4e3e08"), // renovate: datasource=docker depName=public.ecr.aws/docker/library/redis 7.4.5-alpine
  /** The OpenTelemetry collector with the extension that signs in at Azure. From its makers, who say so of no other place than Docker Hub. */
  collector: {
    ownedBy: "program",
    repository: "ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib",
    digest: "sha256:f2f01157055a9b2aab9df7118e1f1c9abf345e99b23bc7a2bc791db374a7d0f6", // renovate: datasource=docker depName=ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib 0.157.0
  },
  /** PostgreSQL 16 with vectors, for tests of applications. */
  postgresWithVectors: {
    ownedBy: "program",
    repository: "docker.io/pgvector/pgvector",
    digest: "sha256:a36250871de0833b8757561c72f2477ef1ddd1101afa4e617fb552e0de514c6b", // renovate: datasource=docker depName=docker.io/pgvector/pgvector pg16
  },
  /** What asks a service as many visitors would. */
  k6: {
    ownedBy: "program",
    repository: "docker.io/grafana/k6",
    digest: "sha256:f21270290d702cbf0a7d6ba5d7ed100b63bcb233b558b885ed787547b3488279", // renovate: datasource=docker depName=docker.io/grafana/k6 1.0.0
  },
  /** What finds known holes in images and in what they are made of, and lists that. */
  trivy: {
    ownedBy: "program",
    repository: "docker.io/aquasec/trivy",
    digest: "sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969", // renovate: datasource=docker depName=docker.io/aquasec/trivy 0.74.0
  },
  /** Tailscale 1.98.8. */
  tailscale: {
    ownedBy: "program",
    repository: "ghcr.io/tailscale/tailscale",
    digest: "sha256:d54b2e6a9c09f0e5ec52e82b9ad4af3d446b54a7c08075e92f11c39dd410105f", // renovate: datasource=docker depName=ghcr.io/tailscale/tailscale v1.98.8
  },
} as const satisfies Readonly<Record<string, PinnedImage>>;

function official(name: string, digest: string): PinnedImage {
  return { ownedBy: "program", repository: `${officialImages}/${name}`, digest };
}
