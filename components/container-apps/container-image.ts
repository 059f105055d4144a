import type { Problem } from "../../lib/located-yaml/problem";
import { officialImages } from "../container-registry/public-images";

/**
 * What a container runs.
 *
 * - `release`: the running image belongs to the release, not to this program. A placeholder runs first (or `digest`, if one is known);
 *   after that, whatever was released is read and kept.
 * - `program`: the image is part of this program, pinned by digest, and changes with it.
 */
export type ContainerImage =
  | {
      readonly ownedBy: "release";
      /** Where releases are pushed. @example "mc-api" (in the registry that is given) */
      readonly repository: string;
      /** What runs first, instead of the placeholder. @example "sha256:…" */
      readonly digest?: string | undefined;
    }
  | {
      readonly ownedBy: "program";
      /** With its registry, unless one is given that has it by that name. @example "ghcr.io/tailscale/tailscale" */
      readonly repository: string;
      /** @example "sha256:…" */
      readonly digest: string;
    };

/** What runs until something is released, and how it is told which port to listen on. Public, so that nothing has to be pushed first. */
export const placeholders = {
  app: { image: "mcr.microsoft.com/dotnet/samples:aspnetapp", portVariable: "ASPNETCORE_HTTP_PORTS" },
  job: { image: "mcr.microsoft.com/k8se/quickstart-jobs:latest" },
} as const;

export function isPlaceholder(image: string): boolean {
  return image === placeholders.app.image || image === placeholders.job.image;
}

/**
 * The host of the registry that a repository names itself; undefined for one in the registry that is given.
 *
 * @example hostOfRepository("ghcr.io/alai-org/kimberly/gateway") // "ghcr.io"
 * @example hostOfRepository("mc-api")                   // undefined
 */
export function hostOfRepository(repository: string): string | undefined {
  const [first = "", ...rest] = repository.split("/");
  return rest.length > 0 && /[.:]/.test(first) ? first : undefined;
}

/** What is wrong with an image's digest, which no inventory says. */
export function imageProblems({ digest }: ContainerImage): string[] {
  if (digest === undefined || /^sha256:[0-9a-f]{64}$/.test(digest)) return [];
  return [`image.digest "${digest}" is not a digest; give "sha256:" and 64 hexadecimal digits`];
}

/**
 * The image to ask for: what the program pins; else what runs, once it was released; else the first image.
 *
 * @param running the image that runs now, undefined when nothing does
 * @param loginServer the registry of released images, undefined when the repository names its own
 */
export function desiredImage(
  image: ContainerImage,
  kind: keyof typeof placeholders,
  running: string | undefined,
  loginServer: string | undefined,
): string {
  const repository = loginServer === undefined ? image.repository : `${loginServer}/${image.repository}`;
  if (image.ownedBy === "program") return `${repository}@${image.digest}`;
  if (running !== undefined && !isPlaceholder(running)) return running;
  return image.digest === undefined ? placeholders[kind].image : `${repository}@${image.digest}`;
}

/** What is wrong with an image of the inventory: whose it is, and where it is from. */
export function namedImageProblems({
  name,
  repository: given = name,
  digest,
  pull,
}: {
  readonly name: string;
  readonly repository?: string | undefined;
  readonly digest?: string | undefined;
  readonly pull?: object | undefined;
}): readonly Problem[] {
  const path = ["repository"];
  if (/:[^/]*$/.test(given))
    return [
      {
        path,
        message: "a tag may mean another image tomorrow; leave it out, and give digest where nobody releases it",
      },
    ];
  if (given.startsWith(`${officialImages}/`) && digest === undefined)
    return [
      { path, message: 'nobody releases an official image; give its digest, "sha256:" and 64 hexadecimal digits' },
    ];
  if (hostOfRepository(given) !== undefined) return [];
  const message = 'is for an image of another registry; give repository with its host, such as "ghcr.io/example/api"';
  return [
    ...(digest === undefined ? [] : [{ path: ["digest"], message }]),
    ...(pull === undefined ? [] : [{ path: ["pull"], message }]),
  ];
}
