import { describe, expect, it } from "vitest";
import { appendTo, entryAt, insertBehind, listsIn, removeAt, replaceAt } from "../../lib/located-yaml/text-edits";

const text = `# What it is.
first:
  size: small # for now
  names: [a, b]

  # Of the second.
second:
  names:
    - { name: a, more: [1] } # the one
    - name: b
      on: true
  key: value`;

describe("edits of a file's text", () => {
  it("read an entry with all its lines, and none of the next one's", () => {
    expect(entryAt(text, ["first"])).toBe("first:\n  size: small # for now\n  names: [a, b]");
    expect(entryAt(text, ["second", "names", 0])).toBe("    - { name: a, more: [1] } # the one");
    expect(entryAt(text, ["second", "names", 1])).toBe("    - name: b\n      on: true");
  });

  it("put lines behind an entry, at the end of a file too", () => {
    expect(insertBehind(text, ["second", "names", 1], "    - name: c")).toContain(
      "      on: true\n    - name: c\n  key: value",
    );
    expect(insertBehind(text, ["second", "key"], "  last: 1")).toMatch(/ {2}key: value\n {2}last: 1\n$/);
    expect(insertBehind(text, ["first"], "between: 1")).toContain("names: [a, b]\nbetween: 1\n\n  # Of the second.");
  });

  it("take a comment that is further in than an entry as its own, and one that is not as the next one's", () => {
    const commented = "list:\n  - name: a\n    # no more of a\n  # of b\n  - name: b\n";
    expect(entryAt(commented, ["list", 0])).toBe("  - name: a\n    # no more of a");
    expect(insertBehind(commented, ["list", 0], "  - name: c")).toBe(
      "list:\n  - name: a\n    # no more of a\n  - name: c\n  # of b\n  - name: b\n",
    );
    expect(removeAt(commented, ["list", 0])).toBe("list:\n  # of b\n  - name: b\n");
  });

  it("replace a value alone, and take out an entry with what is said above it", () => {
    expect(replaceAt(text, ["first", "size"], "large")).toContain("  size: large # for now");
    expect(removeAt(text, ["second"])).toBe("# What it is.\nfirst:\n  size: small # for now\n  names: [a, b]\n\n");
    expect(removeAt(text, ["first", "size"])).toContain("first:\n  names: [a, b]");
  });

  it("add to lists as they are written", () => {
    expect(appendTo(text, ["first", "names"], "c")).toContain("  names: [a, b, c]\n");
    const block = "list:\n  - a # the one\n  - b\nnext: 1\n";
    expect(appendTo(block, ["list"], "c")).toBe("list:\n  - a # the one\n  - b\n  - c\nnext: 1\n");
  });

  it("find the lists of texts, wherever they are", () => {
    expect(listsIn(text).map(({ path, values }) => `${path.join(".")}: ${values}`)).toEqual([
      "first.names: a,b",
      "second.names.0.more: 1",
    ]);
  });

  it.each([
    ["what is not there", () => replaceAt(text, ["third"], "x"), "there is nothing at third"],
    [
      "a list that is not there",
      () => appendTo(text, ["first", "size"], "x"),
      "there is no list with entries at first.size",
    ],
    [
      "an entry that has no line of its own",
      () => removeAt(text, ["second", "names", 0, "more"]),
      "second.names.0.more shares its line",
    ],
  ])("refuse %s", (_, edit, message) => {
    expect(edit).toThrow(message);
  });
});
