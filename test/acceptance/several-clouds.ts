import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EngineResult } from "../../sandbox/engine/engine";
import { SandboxStack } from "../../sandbox/project/sandbox-stack";
import type { CommandRun } from "../cli/run-command";
import { type SmallProject, smallProject } from "../cli/small-project";

/**
 * What the program deploys. The second generation updates the group, replaces the account with its container (deletions first) and
 * the Pages project (creation first), deletes the variable, and makes an auth key and a pet.
 */
export type Generation = 1 | 2;

const program = `import { ResourceGroup } from "@pulumi/azure-native/resources";
import { BlobContainer, StorageAccount } from "@pulumi/azure-native/storage";
import { PagesProject } from "@pulumi/cloudflare/pagesProject";
import { ActionsVariable } from "@pulumi/github/actionsVariable";
import { RandomPet } from "@pulumi/random/randomPet";
import { TailnetKey } from "@pulumi/tailscale/tailnetKey";

const generation = process.env.GENERATION ?? "1";
const group = new ResourceGroup("group", { resourceGroupName: "several", location: "swedencentral", tags: { generation } });
const account = new StorageAccount("account", {
  resourceGroupName: group.name,
  accountName: "several" + generation,
  kind: "StorageV2",
  sku: { name: "Standard_LRS" },
});
const container = new BlobContainer("container", {
  resourceGroupName: group.name,
  accountName: account.name,
  containerName: "data",
});
const accountId = "5a1d0c0de0000000000000000000acc1";
new PagesProject("pages", { accountId, name: "several-" + generation, productionBranch: "main" });
if (generation === "1") {
  new ActionsVariable("variable", { repository: "alai-home-web", variableName: "SEVERAL", value: "x" });
} else {
  new TailnetKey("key", { description: "several" });
  new RandomPet("pet");
}

export const containerId = container.id;
`;

/** The calls of the second `up`: how many creations, updates and deletions it takes. */
export const callsOfSecondGeneration = { create: 5, update: 1, delete: 4 } as const;

/** How an `up` in this process ended, and what it told people. */
export interface UpHere {
  readonly result: EngineResult["result"];
  readonly failure: EngineResult["failure"];
  readonly told: string;
}

/** A project with resources of five clouds, whose data can be copied, so that many runs begin at the same point. */
export class SeveralClouds {
  private readonly project: SmallProject = smallProject();
  private copies = 0;
  private queue: Promise<unknown> = Promise.resolve();

  constructor() {
    this.project.write("Pulumi.yaml", "name: several\nruntime: nodejs\nmain: index.ts\n");
    this.project.write("Pulumi.dev.yaml", "config: {}\n");
    this.project.write("index.ts", program);
    mkdirSync(this.dataDirectory("start"));
  }

  /** Deploys a generation, without preview, on the data of that name. */
  up(data: string, generation: Generation, environment: Readonly<Record<string, string>> = {}): Promise<CommandRun> {
    return this.run(["up", "--yes", "--skip-preview"], data, generation, environment);
  }

  /** The same in this process, which has loaded everything already. One after another: the environment is everybody's. */
  upHere(data: string, generation: Generation, environment: Readonly<Record<string, string>> = {}): Promise<UpHere> {
    const next = this.queue.then(() => this.deployHere({ ...this.ownEnvironment(data, generation), ...environment }));
    this.queue = next.catch(() => {});
    return next;
  }

  run(
    args: readonly string[],
    data: string,
    generation: Generation,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<CommandRun> {
    return this.project.run(args, { ...this.ownEnvironment(data, generation), ...environment });
  }

  private ownEnvironment(data: string, generation: Generation): Readonly<Record<string, string>> {
    return { SANDBOX_DIRECTORY: this.dataDirectory(data), GENERATION: String(generation) };
  }

  private async deployHere(environment: Readonly<Record<string, string>>): Promise<UpHere> {
    const before = { ...process.env };
    Object.assign(process.env, environment);
    try {
      const stack = await SandboxStack.open({ directory: this.directory, stack: "dev", policyPacks: [] });
      const told: string[] = [];
      const { result, failure } = await stack.run({
        kind: "up",
        previewOnly: false,
        targets: [],
        emit: ({ diagnosticEvent }) => told.push(diagnosticEvent?.message ?? ""),
        signal: new AbortController().signal,
      });
      await stack.close();
      return { result, failure, told: told.join("") };
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
      Object.assign(process.env, before);
    }
  }

  /** @returns the name of the copy */
  copy(data: string): string {
    this.copies += 1;
    const name = `copy-${this.copies}`;
    cpSync(this.dataDirectory(data), this.dataDirectory(name), { recursive: true });
    return name;
  }

  /** Writes a file of the project. @returns its path */
  write(name: string, text: string): string {
    this.project.write(name, text);
    return join(this.project.directory, name);
  }

  get directory(): string {
    return this.project.directory;
  }

  dataDirectory(data: string): string {
    return join(this.project.directory, `data-${data}`);
  }

  remove(): void {
    this.project.remove();
  }
}
