import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OperationLog } from "../../deployment/display/operation-log";
import type { EngineEvent } from "../../deployment/engine-event";
import type { Generator } from "../../lib/generator";
import { SandboxStack } from "../../sandbox/project/sandbox-stack";
import { copyProject } from "../project-copy";
import { commentText, longestComment } from "./markdown/comment";
import { reportSection } from "./markdown/section";
import { stackSources } from "./source-location";
import { buildReport } from "./stack-report";

/** What a reviewer sees of a change that adds a site, resizes PostgreSQL, opens a storage account and lets go of a container. */
export const generator: Generator = {
  files: async ({ root, signal }) => [{ path: "docs/report-sample.md", text: await reportSample(root, signal) }],
};

const stack = "prod";

/** The change that is reported, each part as `[file, what is replaced, by what]`. */
export const sampleChange: readonly (readonly [string, string, string])[] = [
  [
    "stacks/alai/inventory/sites.yaml",
    "sites:\n",
    "sites:\n  - domain: new.alai.no\n    state: on-pages\n    zone: alai.no\n    owner: own\n    repository: alai-new-web\n    framework: { kind: astro }\n",
  ],
  ["stacks/alai/inventory/environments.yaml", "size: b2s", "size: d2"],
  ["components/blob-account/account-args.ts", "allowBlobPublicAccess: false", "allowBlobPublicAccess: true"],
  [
    "stacks/alai/inventory/backup.yaml",
    "      - { name: bitwarden-exports, exists: true, holds: copies, immutableDays: 30 }\n",
    "",
  ],
];

const links = {
  sources: "https://github.com/example/landscape/blob/main",
  run: "https://github.com/example/landscape/actions/runs/1",
};

/**
 * The comment of a pull request that makes the change, from a copy of the project that was deployed to a sandbox of its own. Without the
 * lines that it points at: each edit of a source moves them.
 *
 * @throws when the copy cannot be deployed, or a source does not hold what is to be changed
 */
async function reportSample(root: string, signal: AbortSignal): Promise<string> {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "report-sample-")));
  const { SANDBOX_DIRECTORY: usual } = process.env;
  process.env.SANDBOX_DIRECTORY = join(copy, ".sandbox");
  try {
    copyProject(root, copy);
    await run(copy, "up", [], signal);
    for (const [file, from, to] of sampleChange) replaceIn(join(copy, file), from, to);
    const log = await run(copy, "preview", [join(root, "policies")], signal);
    const report = buildReport(log, {
      stack,
      engine: "sandbox",
      overrides: [],
      sources: stackSources(copy, stack, copy),
    });
    const text = reportSection(report, longestComment - 1000, links);
    return withoutLines(commentText([{ stack, run: 0, text }]));
  } finally {
    if (usual === undefined) delete process.env.SANDBOX_DIRECTORY;
    else process.env.SANDBOX_DIRECTORY = usual;
    rmSync(copy, { recursive: true, force: true });
  }
}

function replaceIn(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} does not hold ${JSON.stringify(from)}, which the sample changes`);
  writeFileSync(file, text.replace(from, to));
}

async function run(
  directory: string,
  kind: "up" | "preview",
  policyPacks: readonly string[],
  signal: AbortSignal,
): Promise<OperationLog> {
  const opened = await SandboxStack.open({ directory, stack, policyPacks });
  const log = new OperationLog();
  try {
    const emit = (event: EngineEvent) => log.record(event);
    const { result } = await opened.run({ kind, previewOnly: false, targets: [], emit, signal });
    if (kind === "up" && result !== "succeeded") {
      throw new Error(
        ["the sample's stack cannot be deployed:", ...log.diagnostics.errors.map(({ message }) => message)].join("\n"),
      );
    }
    return log;
  } finally {
    await opened.close();
  }
}

/** `[stacks/alai/prod.ts:79](…/prod.ts#L79)` and `stacks/alai/prod.ts:79`, without the 79. */
export function withoutLines(text: string): string {
  return text.replace(/:\d+\]\((\S+?)#L\d+\)/g, "]($1)").replace(/(\.(?:ts|yaml)):\d+\b/g, "$1");
}
