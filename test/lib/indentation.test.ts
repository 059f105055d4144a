import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { wrongIndentation } from "../../lib/located-yaml/indentation";
import { LocatedDocument } from "../../lib/located-yaml/located-document";

const inventory = join(__dirname, "..", "..", "stacks/alai/inventory");

function told(text: string): string[] {
  return new LocatedDocument(text)
    .syntaxProblems()
    .map(({ position, problem }) => `${position.line}:${position.column} ${problem.message}`);
}

describe("a text that is indented wrongly", () => {
  it.each([
    ["a tab", "databases:\n  - name: a\n\ttier: P1\n", "3:1 a tab indents this line; YAML takes spaces only"],
    [
      "tabs everywhere",
      "databases:\n\t- name: a\n\t  tier: P1\n",
      "2:1 a tab indents this line; YAML takes spaces only",
    ],
    [
      "a key between two levels",
      "databases:\n  - name: a\n    tier: P1\n   extra: x\n  - name: b\n",
      "4:4 this line is indented by 3 spaces; expected 0 or 2 or 4",
    ],
    [
      "a key too far in",
      "databases:\n  - name: a\n      tier: P1\n  - name: b\n",
      "3:7 this line is indented by 6 spaces, more than the line above, which has a value already; expected 4",
    ],
    [
      "an entry too far out",
      "databases:\n  - name: a\n - name: b\n",
      "3:2 this line is indented by 1 space; expected 0 or 2 or 4",
    ],
    [
      "an entry too far in",
      "databases:\n  - name: a\n    - name: b\n  - name: c\n",
      "3:5 this line is indented by 4 spaces, where keys are; an entry of a list is expected at 2",
    ],
    ["a key too far out", "a:\n    b: 1\n  c: 2\n    d: 3\n", "3:3 this line is indented by 2 spaces; expected 0 or 4"],
  ])("with %s names that line, once", (_what, text, problem) => {
    expect(told(text)).toEqual([problem]);
  });

  it("that is wrong in another way is told as the parser says it", () => {
    expect(told("a: { b: 1\nc: 2\n")[0]).toMatch(/^2:1 not valid YAML: /);
    expect(told("a: 1\na: 2\n")).toEqual(["2:1 this key is there twice; remove one"]);
  });
});

describe("the inventories", () => {
  const files = readdirSync(inventory).filter((name) => name.endsWith(".yaml"));

  it.each(files)("of %s are indented as the reader of indentation expects", (name) => {
    expect(wrongIndentation(readFileSync(join(inventory, name), "utf8"))).toBeUndefined();
  });

  it("with any one line moved by a space are told at that line or at the next", () => {
    let refused = 0;
    for (const name of files) {
      const lines = readFileSync(join(inventory, name), "utf8").split("\n");
      for (const [index, line] of lines.entries()) {
        if (!/^ +[^#\s]/.test(line)) continue;
        const moved = lines.with(index, ` ${line}`).join("\n");
        const [first] = new LocatedDocument(moved).syntaxProblems();
        if (first === undefined) continue;
        refused += 1;
        const told = `${name}:${index + 1} ${first.position.line} ${first.problem.message}`;
        expect([index + 1, index + 2], told).toContain(first.position.line);
      }
    }
    expect(refused).toBeGreaterThan(files.length);
  });
});
