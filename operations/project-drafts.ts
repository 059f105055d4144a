import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { writeAtomically } from "../lib/atomic-file";
import { LocatedError } from "../lib/located-yaml/located-error";
import { TextEditError } from "../lib/located-yaml/text-edits";
import { refusal } from "../lib/refusal";

/**
 * Files of a project as they are to be, before any of them is written: all are checked together, as if they were there, and written in
 * the order in which they were drafted. Each is written at once or not at all.
 */
export class ProjectDrafts {
  private readonly texts = new Map<string, string>();
  private readonly clashes: string[] = [];

  /** @param root the project's directory */
  constructor(private readonly root: string) {}

  /** The paths of the files that are to be written, from the project's directory. */
  get paths(): readonly string[] {
    return [...this.texts.keys()];
  }

  /** New files whose place has something else. */
  get taken(): readonly string[] {
    return this.clashes;
  }

  has(path: string): boolean {
    return this.texts.has(path) || existsSync(join(this.root, path));
  }

  /** A file's text, as it is to be. */
  read(path: string): string {
    return this.texts.get(path) ?? readFileSync(join(this.root, path), "utf8");
  }

  /** A new file. One that is there already with this text is not written; with another it is {@link taken}. */
  create(path: string, text: string): void {
    if (!existsSync(join(this.root, path))) this.texts.set(path, text);
    else if (this.read(path) !== text) this.clashes.push(path);
  }

  /** {@link create} from another file's text. @throws {RunError} when that has no lines to change */
  copy(from: string, to: string, change: (text: string) => string): void {
    this.create(to, this.changed(from, change));
  }

  /** A change of a file; one that changes nothing writes nothing. @throws {RunError} when it has no lines to change */
  edit(path: string, change: (text: string) => string): void {
    const after = this.changed(path, change);
    if (after !== this.read(path)) this.texts.set(path, after);
  }

  /** Lines that come end as those that are there. */
  private changed(path: string, change: (text: string) => string): string {
    const before = this.read(path);
    try {
      const after = change(before);
      return before.includes("\r\n") ? after.replaceAll(/\r?\n/g, "\r\n") : after;
    } catch (error) {
      if (error instanceof TextEditError) throw refusal(`file "${path}"`, [error.message]);
      throw error;
    }
  }

  /**
   * Checks what the project would say.
   *
   * @param check is told of a directory that has all that the project says, with the drafts, and nothing of its program
   * @throws what the check throws; a located problem names the project's own file
   */
  async check(check: (project: string) => void | Promise<void>): Promise<void> {
    const copy = mkdtempSync(join(tmpdir(), "drafts-"));
    try {
      for (const path of statements(this.root)) cpSync(join(this.root, path), join(copy, path));
      for (const [path, text] of this.texts) {
        mkdirSync(dirname(join(copy, path)), { recursive: true });
        writeFileSync(join(copy, path), text);
      }
      await check(copy);
    } catch (error) {
      if (!(error instanceof LocatedError)) throw error;
      const shown = (file: string) => file.replace(`${copy}/`, "");
      throw new LocatedError(
        error.problems.map((problem) => ({ ...problem, file: shown(problem.file) })),
        error.of,
      );
    } finally {
      rmSync(copy, { recursive: true });
    }
  }

  /** @param onWritten is told of each file that was written */
  write(onWritten: (path: string) => void): void {
    for (const [path, text] of this.texts) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeAtomically(join(this.root, path), text);
      onWritten(path);
    }
  }
}

/** What a project says of itself, apart from its program: its stacks, their configuration, their inventories, and what their rules know. */
function statements(root: string): readonly string[] {
  const yamlIn = (directory: string) =>
    existsSync(join(root, directory))
      ? readdirSync(join(root, directory))
          .filter((name) => name.endsWith(".yaml"))
          .map((name) => join(directory, name))
      : [];
  const systems = readdirSync(join(root, "stacks"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [
    ...yamlIn(".").filter((name) => name.startsWith("Pulumi")),
    ...yamlIn("stacks"),
    ...systems.flatMap(({ name }) => yamlIn(join("stacks", name, "inventory"))),
    ...yamlIn("policies"),
    ...yamlIn(join("policies", "parameters")),
    ...yamlIn(join("operations", "cost")),
  ];
}
