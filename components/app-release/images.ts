import { publicImages } from "../container-registry/public-images";
import { pinnedActions } from "../github-actions/pinned-actions";
import { expression, type Job, type Step } from "../github-actions/workflow";
import type { ApplicationPlan } from "./schema";

/** The checkout of a workflow that leaves no token behind. */
export const checkOut: Step = {
  name: "Check out",
  uses: pinnedActions.checkout,
  with: { "persist-credentials": false },
};

/** One job for each service. `service` is the target in the Dockerfile. */
export function eachService({ images }: Pick<ApplicationPlan, "images">): NonNullable<Job["strategy"]> {
  return {
    "fail-fast": false,
    matrix: {
      include: images.map(({ service, repository, host = "" }) => ({ service, repository, host })),
    },
  };
}

/** What jobs hand to each other of a service: its image, what is in it, and what is wrong with it. */
export const imageFiles = { image: "image.tar", parts: "sbom.json", findings: "findings.sarif" } as const;

/**
 * Builds an image, and looks into it. A hole that has a mending and is critical ends it: nobody has to look for what nobody can mend.
 * The scanner reads a file, and no socket of Docker's.
 */
export const buildAndScan: readonly Step[] = [
  {
    name: "Build the image",
    env: { SERVICE: expression("matrix.service"), REVISION: expression("github.sha") },
    run: `docker build --pull --target "$SERVICE" --label "org.opencontainers.image.revision=$REVISION" --tag "$SERVICE:$REVISION" .
mkdir image
docker save --output image/${imageFiles.image} "$SERVICE:$REVISION"
`,
  },
  {
    name: "List what is in it, and what is known to be wrong with that",
    env: { TRIVY: `${publicImages.trivy.repository}@${publicImages.trivy.digest}` },
    run: `look() { docker run --rm --volume "$PWD/image:/image" --volume "$RUNNER_TEMP/trivy:/root/.cache" "$TRIVY" image --quiet --input /image/${imageFiles.image} "$@"; }
look --format cyclonedx --output /image/${imageFiles.parts}
look --format sarif --output /image/${imageFiles.findings}
look --severity CRITICAL --ignore-unfixed --exit-code 1
`,
  },
];
