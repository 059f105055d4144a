import { describe, expect, it } from "vitest";
import { displayEntries, displayValue } from "../../../deployment/display/display-value";
import { mapDifference } from "../../../deployment/display/property-diff";
import { differenceLines, propertyLines } from "../../../deployment/display/property-lines";
import { plainPaint } from "../../../deployment/display/terminal";
import { valueAt, withValueAt } from "../../../lib/property-path";

const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

function difference(before: Record<string, unknown>, after: Record<string, unknown>): string[] {
  return differenceLines(mapDifference(displayEntries(before), displayEntries(after)), plainPaint);
}

describe("property differences", () => {
  it("mark additions, deletions and changes inside lists and maps", () => {
    expect(difference({ a: 1, list: [1, 2], gone: true }, { a: 2, list: [1, 3, 4], added: "x" })).toEqual([
      "~ a    : 1 => 2",
      '+ added: "x"',
      "- gone : true",
      "~ list : [",
      "    ~ [1]: 2 => 3",
      "    + [2]: 4",
      "  ]",
    ]);
  });

  it("of long texts show the changed lines and a little around them", () => {
    const lines = ["a", "b", "c", "d", "e", "f", "g"];
    const before = lines.join("\n");
    const after = lines.map((line) => (line === "d" ? "D" : line)).join("\n");
    expect(difference({ file: before }, { file: after })).toEqual([
      "~ file:",
      "      … 1 unchanged line",
      "      b",
      "      c",
      "    - d",
      "    + D",
      "      e",
      "      f",
      "      … 1 unchanged line",
    ]);
  });

  // The change lies behind what is shown of a long text's beginning, on both sides.
  it("of long lines show where they differ", () => {
    const beginning = "a".repeat(200);
    const rule = `${beginning} allow: tag:ci -> tag:router:443`;
    const [line = ""] = difference({ rule }, { rule: `${rule}; allow: * -> *:*` });
    expect(line).toBe(
      '~ rule: …"ci -> tag:router:443" => …"ci -> tag:router:443; allow: * -> *:*" (232 => 249 characters)',
    );
    const [inside = ""] = difference(
      { rule: `x${beginning}one${beginning}` },
      { rule: `x${beginning}two${beginning}` },
    );
    expect(inside).toContain('"aaaaaaaaaaaaaaaaaaaaoneaaaaaaaaaaaaaaaaaaaa"… => …"aaa');
  });

  it("of long lines show every place, however much lies between", () => {
    const words = Array.from({ length: 2000 }, (_, index) => `word${index}`);
    const changed = words.map((word, index) => (index === 3 || index === 1990 ? "EVIL" : word));
    expect(difference({ rule: words.join(" ") }, { rule: changed.join(" ") })).toEqual([
      "~ rule: (16889 => 16884 characters)",
      '~     "word0 word1 word2 word3 word4 word5 word6 w"… => "word0 word1 word2 EVIL word4 word5 word6 w"…',
      '~     …"7 word1988 word1989 word1990 word1991 word1992 w"… => …"7 word1988 word1989 EVIL word1991 word1992 w"…',
    ]);
  });

  it("say what they cut of a very long change, and tell two of them apart", () => {
    const [one = "", other = ""] = ["x", "y"].map(
      (end) => difference({}, { key: `${"k".repeat(5000)}${end}` })[0] ?? "",
    );
    expect(one).toMatch(/^\+ key: "k{120}"… \(the first 120 of 5001 characters, SHA-256 [0-9a-f]{12}\)$/);
    expect(one).not.toBe(other);
  });

  it("of lists find what stayed", () => {
    const rules = Array.from({ length: 30 }, (_, index) => ({ rule: index }));
    expect(difference({ rules }, { rules: [{ rule: "new" }, ...rules.slice(0, 20), ...rules.slice(21)] })).toEqual([
      "~ rules: [",
      "    + [0]: {",
      '    +     rule: "new"',
      "    + }",
      "    - [20]: {",
      "    -     rule: 20",
      "    - }",
      "  ]",
    ]);
  });

  it("name the role of a grant", () => {
    const role = (id: string) => `/subscriptions/1/providers/Microsoft.Authorization/roleDefinitions/${id}`;
    const [line = ""] = difference(
      { roleDefinitionId: role("acdd72a7-3385-48ef-bd42-f606fba81ae7") },
      { roleDefinitionId: role("8e3af657-a8ff-443c-a75c-2fe8c4bcb635") },
    );
    expect(line).toContain('ae7" (Reader) => "/subscriptions');
    expect(line).toContain('635" (Owner)');
  });

  it.each([
    [
      "JSON",
      JSON.stringify({ on: { rules: [1, 2] } }, undefined, 2),
      JSON.stringify({ on: { rules: [1, 3] } }, undefined, 4),
    ],
    ["YAML", "on:\n  rules:\n    - 1\n    - 2\n", "on:\n    rules: [1, 3]\n"],
  ])("of %s of several lines are those of its properties", (format, before, after) => {
    expect(difference({ file: before }, { file: after })).toEqual([
      `~ file: ${format} {`,
      "    ~ on: {",
      "        ~ rules: [",
      "            ~ [1]: 2 => 3",
      "          ]",
      "      }",
      "  }",
    ]);
  });

  it("of YAML with another comment only are those of its lines", () => {
    expect(difference({ file: "# one\na: 1\nb: 2" }, { file: "# two\na: 1\nb: 2" })[1]).toBe("    - # one");
  });

  it("of JSON in a text are those of its properties", () => {
    const policy = (src: string) =>
      JSON.stringify({ acls: [{ action: "accept", src: [src] }], tests: "t".repeat(150) });
    expect(difference({ acl: policy("tag:ci") }, { acl: policy("*") })).toEqual([
      "~ acl: JSON {",
      "    ~ acls: [",
      "        ~ [0]: {",
      "            ~ src: [",
      '                ~ [0]: "tag:ci" => "*"',
      "              ]",
      "          }",
      "      ]",
      "  }",
    ]);
    // The same content, written differently.
    expect(difference({ acl: '{"a":1}' }, { acl: '{"a": 1}' })).toEqual(['~ acl: "{\\"a\\":1}" => "{\\"a\\": 1}"']);
  });

  it("show all of what is added or removed", () => {
    const long = `${"a".repeat(200)} the end`;
    expect(difference({}, { long })).toEqual([`+ long: "${long}"`]);
    expect(difference({ long: ["x", long] }, { long: ["x"] })[1]).toBe(`    - [1]: "${long}"`);
  });

  it("are empty for equal values", () => {
    expect(difference({ a: { b: [1] } }, { a: { b: [1] } })).toEqual([]);
  });

  it("name assets by their hash and shorten very long texts", () => {
    const asset = {
      "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
      hash: "0123456789",
      path: "a.txt",
    };
    expect(propertyLines(displayEntries({ asset, long: "x".repeat(300) }))).toEqual([
      "asset: asset(a.txt, 0123456)",
      `long : "${"x".repeat(120)}"… (300 characters)`,
    ]);
  });

  it.each([
    ["a key that looks like the engine's", "__hidden", "x"],
    ["a value that looks like a secret", "policy", { [signature]: secret, value: "x" }],
  ])("of a document hide nothing behind %s", (_what, key, value) => {
    expect(difference({ acl: "{}" }, { acl: JSON.stringify({ [key]: value }) }).join("\n")).toContain('"x"');
  });

  it("hide only what the engine, the SDK and providers write: a tag may begin as it likes", () => {
    expect(difference({ tags: {} }, { tags: { __hidden: "x", __defaults: [] } })).toEqual([
      "~ tags: {",
      '    + __hidden: "x"',
      "  }",
    ]);
  });

  it("of YAML with tags are those of its lines", () => {
    const [first] = difference({ file: "a: !Ref x\nb: 1\nc: 1" }, { file: "a: !Sub x\nb: 2\nc: 1" });
    expect(first).toBe("~ file:");
  });

  it("leave out the SDK's own keys", () => {
    expect(displayValue({ __internal: {}, a: 1 })).toEqual(displayValue({ a: 1 }));
  });
});

describe("property paths", () => {
  it("read and replace a value", () => {
    const value = { rules: [{ port: 1 }] };
    expect(valueAt(value, ["rules", 0, "port"])).toBe(1);
    expect(withValueAt(value, ["rules", 0, "port"], 2)).toEqual({ rules: [{ port: 2 }] });
    expect(withValueAt(value, ["rules"], undefined)).toEqual({});
    expect(value).toEqual({ rules: [{ port: 1 }] });
  });
});
