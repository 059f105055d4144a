import type { Step } from "./workflow";
import wrangler from "./wrangler/package.json";
import wranglerLock from "./wrangler/package-lock.json";

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
  azureLogin: "azure/login@f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca", // renovate: datasource=github-tags depName=azure/login v3.0.1
  tailscale: "tailscale/github-action@780049a30b6ff5c378a9e7b389d15ece7a204888", // renovate: datasource=github-tags depName=tailscale/github-action v4.1.3
  pulumi: "pulumi/actions@8e5e406f4007fca908480587cb9893c07090f58d", // renovate: datasource=github-tags depName=pulumi/actions v7.0.0
  githubAppToken: "actions/create-github-app-token@1b10c78c7865c340bc4f6099eb2f838309f1e8c3", // renovate: datasource=github-tags depName=actions/create-github-app-token v3.1.1
  attest: "actions/attest@1e69f48acb82d1966a394da916b4c1698aa569d6", // renovate: datasource=github-tags depName=actions/attest v4.2.2
  cache: "actions/cache@27d5ce7f107fe9357f9df03efb73ab90386fccae", // renovate: datasource=github-tags depName=actions/cache v5.0.5
  codeqlInit: "github/codeql-action/init@8aad20d150bbac5944a9f9d289da16a4b0d87c1e", // renovate: datasource=github-tags depName=github/codeql-action v4.36.2
  codeqlAnalyze: "github/codeql-action/analyze@8aad20d150bbac5944a9f9d289da16a4b0d87c1e", // renovate: datasource=github-tags depName=github/codeql-action v4.36.2
  uploadSarif: "github/codeql-action/upload-sarif@8aad20d150bbac5944a9f9d289da16a4b0d87c1e", // renovate: datasource=github-tags depName=github/codeql-action v4.36.2
} as const;

/** Versions of command-line tools that workflows fetch from a registry. */
export const pinnedTools = {
  node: "22", // the newest long-term release that wrangler and the framework builds support
  pulumi: "3.260.0", // renovate: datasource=npm depName=@pulumi/pulumi
} as const;

/** The runner image: a version, because `ubuntu-latest` changes under a workflow's feet. */
export const runner = "ubuntu-24.04";

/** Nothing is cached: what a pull request leaves in a cache must not reach a deployment. */
export const setUpNode: Step = {
  name: "Set up Node.js",
  uses: pinnedActions.setupNode,
  with: { "node-version": pinnedTools.node, "package-manager-cache": false },
};

/** Where {@link installWrangler} puts it: outside the checkout, which has nothing to say about it. */
const wranglerDirectory = "$RUNNER_TEMP/wrangler";

/** Runs wrangler, in the shell of a step after {@link installWrangler}. */
export const wranglerCommand = `node "${wranglerDirectory}/node_modules/wrangler/bin/wrangler.js"`;

/** What a lock file says of a package. */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Fetches wrangler, and each package that it is made of, by the digests of `wrangler/package-lock.json`: npm refuses whatever has
 * another one. Their scripts do not run, and no secret is near. Renovate keeps that file as it keeps any project's.
 */
export const installWrangler: Step = {
  name: "Install wrangler",
  run: `mkdir "${wranglerDirectory}"
cd "${wranglerDirectory}"
cat > package.json <<'PACKAGE'
${JSON.stringify(wrangler)}
PACKAGE
cat > package-lock.json <<'LOCK'
${lockOfRunner(wranglerLock.packages)}
LOCK
npm ci --ignore-scripts --no-audit --no-fund
`,
};

/** A lock file of what a runner installs, a package a line: neither other systems' packages, nor what only people read. */
function lockOfRunner(packages: Readonly<Record<string, LockedPackage>>): string {
  const fits = ({ os, cpu, libc }: LockedPackage) =>
    (os ?? ["linux"]).includes("linux") && (cpu ?? ["x64"]).includes("x64") && (libc ?? ["glibc"]).includes("glibc");
  const kept = Object.entries(packages).filter(([, one]) => fits(one));
  const names = new Set(kept.map(([path]) => path.replace(/^.*node_modules\//, "")));
  const lines = kept.map(([path, { version, integrity, dependencies, optionalDependencies }]) => {
    const optional = Object.entries(optionalDependencies ?? {}).filter(([name]) => names.has(name));
    const fitting = optional.length === 0 ? {} : { optionalDependencies: Object.fromEntries(optional) };
    return `${JSON.stringify(path)}: ${JSON.stringify({ version, integrity, dependencies, ...fitting })}`;
  });
  return `{ "lockfileVersion": 3, "packages": {\n${lines.join(",\n")}\n} }`;
}
