import { readFileText } from "../../lib/file-access";
import { LocatedDocument } from "../../lib/located-yaml/located-document";
import type { LocatedProblem, Path } from "../../lib/located-yaml/problem";
import { wholeFile } from "../../lib/located-yaml/read-yaml";
import { valueAt } from "../../lib/property-path";
import { ProjectError } from "./project-error";

/** A project or stack file, YAML or JSON, whose problems point at its keys. Pulumi takes aliases in it. */
export class PositionedYaml {
  private constructor(
    /** As shown in messages: relative to the project. */
    readonly file: string,
    private readonly document: LocatedDocument,
  ) {}

  /** @throws {ProjectError} when the file cannot be read, is too large, or is not YAML */
  static read(path: string, shownAs: string): PositionedYaml {
    const read = readFileText(path);
    if (read.kind === "refused") throw new ProjectError([wholeFile(shownAs, read.reason)]);
    const document = new LocatedDocument(read.text, "allowed");
    const syntax = document.syntaxProblems();
    if (syntax.length > 0) {
      throw new ProjectError(syntax.map(({ position, problem }) => ({ file: shownAs, position, ...problem })));
    }
    return new PositionedYaml(shownAs, document);
  }

  /** The content as plain values; an empty file is an empty map. */
  content(): unknown {
    return this.document.value() ?? {};
  }

  /** A problem at a key, or at the nearest key above it that exists. */
  problem(path: Path, message: string): LocatedProblem {
    const content = this.content();
    const depth = path.findIndex((_, index) => valueAt(content, path.slice(0, index + 1)) === undefined);
    const found = depth === -1 ? path : path.slice(0, depth);
    const position = found.length === 0 ? { line: 1, column: 1 } : this.document.positionOf(found, "key");
    return { file: this.file, position, path, message };
  }
}
