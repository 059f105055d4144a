import { readFileSync, statSync } from "node:fs";
import { type Document, isMap, isNode, isPair, LineCounter, parseDocument } from "yaml";
import { ProjectError, type ProjectProblem } from "./project-error";

/** A project or stack file larger than this is not one. */
const largestFileBytes = 1_000_000;

/** A YAML or JSON file with the position of each key, so that problems can point at them. */
export class PositionedYaml {
  private constructor(
    /** As shown in messages: relative to the project. */
    readonly file: string,
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
  ) {}

  /** Reads a file. Syntax errors and files that are too large are a {@link ProjectError}. */
  static read(path: string, shownAs: string): PositionedYaml {
    const { size } = statSync(path);
    if (size > largestFileBytes) {
      const message = `the file has ${size} bytes; a project or stack file has at most ${largestFileBytes}`;
      throw new ProjectError([{ file: shownAs, line: 1, column: 1, message }]);
    }
    return PositionedYaml.parse(readFileSync(path, "utf8"), shownAs);
  }

  static parse(text: string, shownAs: string): PositionedYaml {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    if (document.errors.length > 0) {
      throw new ProjectError(
        document.errors.map((error) => {
          const { line, col } = lines.linePos(error.pos[0]);
          return { file: shownAs, line, column: col, message: `not valid YAML: ${error.message}` };
        }),
      );
    }
    return new PositionedYaml(shownAs, document, lines);
  }

  /** The content as plain values; an empty file is an empty map. */
  content(): unknown {
    return this.document.toJS({ maxAliasCount: 100 }) ?? {};
  }

  /** A problem at a key, or at the nearest key above it that exists. */
  problem(path: readonly (string | number)[], message: string): ProjectProblem {
    const { line, col } = this.lines.linePos(this.offsetOf(path));
    const where = path.length === 0 ? "" : `${keyPath(path)}: `;
    return { file: this.file, line, column: col, message: `${where}${message}` };
  }

  private offsetOf(path: readonly (string | number)[]): number {
    for (let length = path.length; length > 0; length--) {
      const parent = length === 1 ? this.document.contents : this.document.getIn(path.slice(0, length - 1), true);
      const offset = keyOffset(parent, path[length - 1]);
      if (offset !== undefined) return offset;
    }
    return 0;
  }
}

function keyOffset(parent: unknown, key: string | number | undefined): number | undefined {
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isPair(item) && isNode(item.key) && String(item.key) === String(key));
  return pair !== undefined && isNode(pair.key) ? (pair.key.range?.[0] ?? undefined) : undefined;
}

function keyPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}
