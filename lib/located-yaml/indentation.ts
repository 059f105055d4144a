/** A line whose beginning makes a text unreadable, and why. Lines count from 1. */
export interface WrongIndentation {
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly message: string;
}

/** A block that is open at a line: everything in it begins at one column. */
interface Block {
  readonly indent: number;
  readonly kind: "map" | "list";
  /** The line that opened it. */
  readonly line: number;
}

/**
 * The first line that is indented wrongly, in a text that a YAML parser refuses. A parser notices at a later line, or calls it something
 * else (`Nested mappings are not allowed in compact mappings`), and then stumbles over what follows.
 *
 * Reads block style as the inventories are written; undefined when nothing of that kind is wrong.
 */
export function wrongIndentation(text: string): WrongIndentation | undefined {
  const lines = text.split(/\r?\n/);
  const tab = lines.findIndex((line) => /^ *\t\s*[^\s#]/.test(line));
  if (tab !== -1) {
    const column = (lines[tab] ?? "").indexOf("\t") + 1;
    return { line: tab + 1, column, message: "a tab indents this line; YAML takes spaces only" };
  }
  let open: Block[] = [];
  // What the line before can still take: a block below it, a text that goes on, or nothing more indented than itself.
  let before: "key" | "value" = "key";
  let skipsBelow: number | undefined;
  let brackets = 0;
  for (const [index, line] of lines.entries()) {
    const content = withoutComment(line).trim();
    const indent = line.length - line.trimStart().length;
    if (content === "" || content === "---") continue;
    if (skipsBelow !== undefined && indent > skipsBelow) continue;
    skipsBelow = undefined;
    const wasFlow = brackets > 0;
    brackets += balance(content);
    if (wasFlow) continue;
    const blocks = blocksOf(content, indent, index + 1);
    const [first] = blocks;
    if (first === undefined) continue;
    const fault = oddBlock(first, open) ?? faultOf(first, open, before);
    if (fault !== undefined) return fault;
    open = [...open.filter((block) => block.indent < indent || sits(block, first)), ...blocks];
    before = /:$/.test(content) || content === "-" ? "key" : "value";
    if (/[:-] *[|>][+-]?\d*$/.test(content)) skipsBelow = indent;
  }
  return undefined;
}

/** A list may begin at the column of the key that it belongs to. */
function sits(block: Block, first: Block): boolean {
  return block.indent === first.indent && block.kind === "map" && first.kind === "list";
}

/** Levels are even. Where one that is odd was opened, and what follows is not at it, the line that opened it is the wrong one. */
function oddBlock(found: Block, open: readonly Block[]): WrongIndentation | undefined {
  const deeper = open.find(({ indent }) => indent > found.indent);
  const isLevel = open.some(({ indent }) => indent === found.indent);
  if (deeper === undefined || isLevel || deeper.indent % 2 === 0 || found.indent % 2 === 1) return undefined;
  return fault(deeper, `this line is indented by ${count(deeper.indent)}, what follows it by ${found.indent}`);
}

function faultOf(found: Block, open: readonly Block[], before: "key" | "value"): WrongIndentation | undefined {
  const innermost = open.at(-1)?.indent ?? -1;
  const here = `this line is indented by ${count(found.indent)}`;
  if (found.indent > innermost) {
    if (before === "key") return undefined;
    return fault(found, `${here}, more than the line above, which has a value already; expected ${innermost}`);
  }
  const beside = open.filter(({ indent }) => indent === found.indent);
  if (beside.length === 0) {
    const levels = new Set(open.map(({ indent }) => indent));
    return fault(found, `${here}; expected ${[...levels].join(" or ")}`);
  }
  if (beside.some(({ kind }) => kind === found.kind) || (found.kind === "list" && before === "key")) return undefined;
  const fitting = open.filter(({ kind }) => kind === found.kind).map(({ indent }) => indent);
  const what = found.kind === "list" ? "an entry of a list" : "a key";
  const expected = fitting.length === 0 ? "" : `; ${what} is expected at ${fitting.join(" or ")}`;
  return fault(found, `${here}, where ${found.kind === "list" ? "keys are" : "a list is"}${expected}`);
}

function fault({ line, indent }: Block, message: string): WrongIndentation {
  return { line, column: indent + 1, message };
}

function count(spaces: number): string {
  return spaces === 1 ? "1 space" : `${spaces} spaces`;
}

/** The blocks that a line opens or goes on with: `- name: a` is a list's entry and, two columns on, a map's. */
function blocksOf(content: string, indent: number, line: number): readonly Block[] {
  const dash = /^-(\s+|$)/.exec(content)?.[0];
  if (dash !== undefined) {
    return [{ indent, kind: "list", line }, ...blocksOf(content.slice(dash.length), indent + dash.length, line)];
  }
  return /^("[^"]*"|'[^']*'|[^\s"'{[][^:]*):(\s|$)/.test(content) ? [{ indent, kind: "map", line }] : [];
}

function withoutComment(line: string): string {
  return line.replace(/(^|\s)#.*$/, "");
}

/** How many brackets a line leaves open. Quoted ones are rare enough to be left out. */
function balance(content: string): number {
  const plain = content.replace(/"[^"]*"|'[^']*'/g, "");
  return [...plain].reduce((sum, letter) => sum + ("{[".includes(letter) ? 1 : "}]".includes(letter) ? -1 : 0), 0);
}
