import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
  parseDocument,
  visit,
  YAMLParseError,
} from "yaml";
import { wrongIndentation } from "./indentation";
import type { Path, Problem } from "./problem";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A file's YAML: its value, and where each part of it stands. */
export class LocatedDocument {
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;
  private refusedNodes: ReturnType<LocatedDocument["syntaxProblems"]> | undefined;

  /** @param aliases whether `*name` may stand for a value: in files whose format is another's, such as `Pulumi.yaml` */
  constructor(
    private readonly text: string,
    private readonly aliases: "refused" | "allowed" = "refused",
  ) {
    this.document = this.parse(text);
  }

  private parse(text: string): Document.Parsed {
    const parser = new ShallowParser(this.lines.addNewLine);
    const composer = new Composer({ lineCounter: this.lines, prettyErrors: false, uniqueKeys: true });
    try {
      const [document, another] = composer.compose(parser.parse(text), true, text.length);
      if (document === undefined) throw new Error("the composer makes a document of any text");
      if (another !== undefined)
        document.errors.push(new YAMLParseError([another.range[0], another.range[1]], "MULTIPLE_DOCS", ""));
      return document;
    } catch (error) {
      if (!(error instanceof TooDeep)) throw error;
      const document = parseDocument("");
      document.errors.push(new YAMLParseError([parser.offset, parser.offset], "IMPOSSIBLE", error.message));
      return document;
    }
  }

  /** What makes the text unusable, with positions; an empty list when it has a value. */
  syntaxProblems(): readonly { readonly position: Position; readonly problem: Problem }[] {
    if (this.document.errors.length === 0) {
      this.refusedNodes ??= this.nodeProblems();
      return this.refusedNodes;
    }
    const wrong = this.document.errors.some(({ code }) => code === "DUPLICATE_KEY")
      ? undefined
      : wrongIndentation(this.text);
    if (wrong !== undefined) {
      const { message, ...position } = wrong;
      return [{ position, problem: { path: [], message } }];
    }
    return this.independentErrors().map((error) => ({
      position: this.position(error.pos[0]),
      problem: { path: [], message: syntaxMessage(error.code, error.message) },
    }));
  }

  /** Keys that are there twice; else one error: past the first wrong line a parser misreads what is right. */
  private independentErrors(): readonly YAMLParseError[] {
    const { errors } = this.document;
    const [first] = errors;
    if (first === undefined || errors.every(({ code }) => code === "DUPLICATE_KEY")) return errors;
    const broken = errors.filter(({ code }) => code !== "DUPLICATE_KEY");
    const line = Math.min(...broken.map(({ pos: [offset] }) => this.position(offset).line));
    const there = broken.filter(({ pos: [offset] }) => this.position(offset).line === line);
    // That a map stands where none may is often said first of a value that is wrong itself.
    const telling = there.find(({ code }) => code !== "BLOCK_AS_IMPLICIT_KEY") ?? there[0];
    return telling === undefined ? errors : [telling];
  }

  /** The value as plain data. Call only when there are no {@link syntaxProblems}. */
  value(): unknown {
    return this.document.toJS();
  }

  /** The text with other values at some paths; comments and the order of keys stay. */
  withValues(values: readonly (readonly [Path, string | number])[]): string {
    const copy = this.document.clone();
    for (const [path, value] of values) copy.setIn(path, value);
    return copy.toString({ lineWidth: 0 });
  }

  /** Where a path stands. A missing part gives the place of the nearest thing around it. */
  positionOf(path: Path, at: "value" | "key"): Position {
    let node: unknown = this.document.contents;
    let offset = startOf(this.document.contents) ?? 0;
    for (const [depth, part] of path.entries()) {
      const entry = entryOf(node, part);
      if (entry === undefined) break;
      const wantsKey = at === "key" && depth === path.length - 1;
      offset = startOf(wantsKey ? (entry.key ?? entry.value) : entry.value) ?? startOf(entry.key) ?? offset;
      node = entry.value;
    }
    return this.position(offset);
  }

  /**
   * Aliases are refused: a reader should see each value where it counts, and a few nested ones expand to gigabytes. So is the key that
   * every object of JavaScript has already: what it leads to is dropped by whoever copies the object.
   */
  private nodeProblems(): readonly { readonly position: Position; readonly problem: Problem }[] {
    const found: { position: Position; problem: Problem }[] = [];
    const add = (node: unknown, message: string) =>
      void found.push({ position: this.position(startOf(node) ?? 0), problem: { path: [], message } });
    visit(this.document, {
      Alias: (_key, node) => {
        if (this.aliases === "refused") add(node, `aliases (*${node.source}) are not supported; write the value out`);
      },
      Pair: (_key, { key }) => {
        if (isScalar(key) && key.value === "__proto__") add(key, 'the key "__proto__" is not allowed; choose another');
      },
    });
    return found;
  }

  private position(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** More levels than any file needs, and fewer than what fills the stack of the composer, which calls itself for each. */
const deepest = 100;

class TooDeep extends Error {}

class ShallowParser extends Parser {
  override *next(source: string): ReturnType<Parser["next"]> {
    yield* super.next(source);
    if (this.stack.length > deepest) throw new TooDeep(`nested more than ${deepest} levels deep; take levels out`);
  }
}

function entryOf(node: unknown, part: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node) && typeof part === "number") {
    const value = node.items[part];
    return value === undefined ? undefined : { key: undefined, value };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => isPair(item) && String(item.key) === String(part));
  return pair === undefined ? undefined : { key: pair.key, value: pair.value };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) && !isAliasWithoutRange(node) ? node.range?.[0] : undefined;
}

function isAliasWithoutRange(node: Node): boolean {
  return isAlias(node) && node.range === undefined;
}

function syntaxMessage(code: string, message: string): string {
  if (code === "DUPLICATE_KEY") return "this key is there twice; remove one";
  if (code === "IMPOSSIBLE") return message;
  if (code === "MULTIPLE_DOCS") return "expected one document; remove the line `---` that starts another";
  if (code === "MULTILINE_IMPLICIT_KEY") return "not valid YAML: expected a key with a colon and a space after it";
  return `not valid YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}
