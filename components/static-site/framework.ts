/** How a site is built. The commands and directories are those of the hosting blueprint. */
export type Framework =
  /** Plain files: nothing is built, the repository itself is served, without what is hidden or generated for it. */
  | { readonly kind: "html" }
  /** Next.js with `output: "export"`. */
  | { readonly kind: "next-export" }
  /**
   * Next.js with a server. Hazard: Pages serves the output directory as it is; server functions need an adapter that writes a
   * `_worker.js` into it.
   */
  | { readonly kind: "next" }
  | { readonly kind: "astro" };

export interface FrameworkBuild {
  /** Absent where nothing is built. */
  readonly command: string | undefined;
  /** What is served, relative to the repository. */
  readonly outputDirectory: string;
}

const builds = {
  html: { command: undefined, outputDirectory: "/" },
  "next-export": { command: "next build", outputDirectory: "out" },
  next: { command: "next build", outputDirectory: ".next" },
  astro: { command: "astro build", outputDirectory: "dist" },
} as const satisfies Record<Framework["kind"], FrameworkBuild>;

/** The build command and output directory of a framework. */
export function frameworkBuild(framework: Framework): FrameworkBuild {
  return builds[framework.kind];
}
