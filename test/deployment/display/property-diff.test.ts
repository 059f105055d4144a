import { describe, expect, it } from "vitest";
import { displayEntries, displayValue } from "../../../deployment/display/display-value";
import { mapDifference } from "../../../deployment/display/property-diff";
import { differenceLines, propertyLines } from "../../../deployment/display/property-lines";
import { plainPaint } from "../../../deployment/display/terminal";
import { valueAt, withValueAt } from "../../../lib/property-path";

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
      '~ rule: …"ci -> tag:router:443" (232 characters) => …"ci -> tag:router:443; allow: * -> *:*" (249 characters)',
    );
    const [inside = ""] = difference(
      { rule: `x${beginning}one${beginning}` },
      { rule: `x${beginning}two${beginning}` },
    );
    expect(inside).toContain('"aaaaaaaaaaaaaaaaaaaaoneaaaaaaaaaaaaaaaaaaaa"… (404 characters) => …"aaa');
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
