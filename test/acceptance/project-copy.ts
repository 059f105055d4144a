import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { urnName } from "../../deployment/display/urn-text";
import { copyProject } from "../../operations/project-copy";
import { DiskStateStore } from "../../sandbox/engine/run-operation";
import { type CommandRun, repository } from "../cli/run-command";
import { runHere } from "../cli/run-here";
import { type TemporaryDirectory, temporaryDirectory } from "./temporary-directory";

/** This project in a directory of its own, so that its inventory and its configuration can be edited. */
export class ProjectCopy {
  private readonly directory: TemporaryDirectory = temporaryDirectory();

  constructor() {
    copyProject(repository, this.directory.path);
  }

  path(name: string): string {
    return join(this.directory.path, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** Replaces the first `from` in a file. Throws when there is none. */
  edit(name: string, from: string, to: string): void {
    const text = this.read(name);
    if (!text.includes(from)) throw new Error(`${name} does not contain ${from}`);
    this.write(name, text.replace(from, to));
  }

  /** Files as they are in the repository again. */
  restore(...names: readonly string[]): void {
    for (const name of names) cpSync(join(repository, name), this.path(name));
  }

  run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<CommandRun> {
    return runHere([...args, "--cwd", this.directory.path], environment);
  }

  /** What a stack's state holds, as type and logical name: `PagesProject alai.no`. */
  async deployed(stack: string): Promise<readonly string[]> {
    const store = new DiskStateStore(this.path(".sandbox/state"), "landscape", stack);
    const resources = (await store.load())?.deployment.resources ?? [];
    return resources.map(({ type, urn }) => `${type.split(":").at(-1)} ${urnName(urn)}`);
  }

  remove(): void {
    this.directory.remove();
  }
}
