import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CommandRun, repository, runCommand } from "./run-command";
import { runHere } from "./run-here";

/** A Pulumi project outside the repository, written for a test. */
export interface SmallProject {
  readonly directory: string;
  write(name: string, text: string): void;
  /** In a process of its own. */
  run(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<CommandRun>;
  /** In this process, which is faster. */
  runHere(args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<CommandRun>;
  remove(): void;
}

const program = `import * as pulumi from "@pulumi/pulumi";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { RandomPet } from "@pulumi/random/randomPet";

const config = new pulumi.Config();
const protection = { protect: process.env.PROTECT === "1" };
const pet = new RandomPet("pet", { length: 2 });
const group = new ResourceGroup("group", { resourceGroupName: "small-group", location: config.require("location") }, protection);
const account = new StorageAccount("account", {
  resourceGroupName: group.name,
  accountName: process.env.ACCOUNT ?? "smallaccount",
  kind: "StorageV2",
  sku: { name: process.env.SKU ?? "Standard_LRS" },
  allowBlobPublicAccess: process.env.PUBLIC === "1",
  tags: { owner: config.requireSecret("owner") },
}, protection);
if (process.env.THROWS === "1") throw new Error("the program failed on purpose");

export const accountName = account.name;
export const owner = config.requireSecret("owner");
export const petName = pet.id;
`;

const manifest = `name: small
runtime: nodejs
main: index.ts
config:
  location:
    type: string
  owner:
    secret: true
    default: canary-owner
`;

/** Its program makes a name, a group and a storage account, and reads the environment to do things differently. */
export function smallProject(): SmallProject {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "small-")));
  const write = (name: string, text: string): void => {
    mkdirSync(join(directory, name, ".."), { recursive: true });
    writeFileSync(join(directory, name), text);
  };
  write("Pulumi.yaml", manifest);
  write("Pulumi.dev.yaml", "config:\n  small:location: swedencentral\n");
  write("package.json", '{ "name": "small" }');
  write("index.ts", program);
  symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"), "junction");
  return {
    directory,
    write,
    run: (args, environment) => runCommand([...args, "--cwd", directory], environment),
    runHere: (args, environment) => runHere([...args, "--cwd", directory], environment),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
