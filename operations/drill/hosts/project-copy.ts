import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { type ProgramRun, runProgram } from "../../programs/run-program";

const repository = join(__dirname, "..", "..", "..");
const parts = [
  "components",
  "programs",
  "lib",
  "policies",
  "stacks",
  "index.ts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "Pulumi.yaml",
  "Pulumi.prod.yaml",
  "Pulumi.hosts.yaml",
];

/** This project in a directory of its own, so that a drill can say where its hosts are without touching the inventory. */
export class ProjectCopy {
  /** @param started is told the process id of each command */
  constructor(
    readonly directory: string,
    private readonly started: (pid: number) => void,
  ) {
    mkdirSync(directory, { recursive: true });
    for (const part of parts) cpSync(join(repository, part), join(directory, part), { recursive: true });
    symlinkSync(join(repository, "node_modules"), join(directory, "node_modules"), "junction");
  }

  /** Changes a YAML file by what it says. */
  edit<T>(name: string, change: (content: T) => void): void {
    const path = join(this.directory, name);
    const content: T = parse(readFileSync(path, "utf8"));
    change(content);
    writeFileSync(path, stringify(content));
  }

  /** Runs one of the project's commands on the copy, in the sandbox that lies in the directory. */
  command(...args: readonly string[]): Promise<ProgramRun> {
    const { CI: _ci, ...inherited } = process.env;
    return runProgram(process.execPath, [join(repository, "cli", "run.mjs"), ...args, "--cwd", this.directory], {
      directory: repository,
      onStart: this.started,
      environment: { ...inherited, NO_COLOR: "1", SANDBOX_DIRECTORY: this.sandboxDirectory },
      timeoutSeconds: 300,
    });
  }

  get sandboxDirectory(): string {
    return join(this.directory, ".sandbox");
  }
}
