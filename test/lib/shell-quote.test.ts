import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, it } from "vitest";
import { quoteForShell } from "../../lib/shell-quote";

it("a shell reads a quoted text as one word, whatever is in it", () => {
  const texts = fc.array(
    fc.string({ unit: "binary-ascii" }).map((text) => text.replaceAll("\0", "")),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(texts, (words) => {
      const printed = execFileSync("sh", ["-c", `printf '%s\\0' ${words.map(quoteForShell).join(" ")}`]).toString(
        "utf8",
      );
      expect(printed.split("\0").slice(0, words.length)).toEqual(words);
    }),
    { numRuns: 20, examples: [[["it's", "$(id)", "`id`", "a\nb", ""]]] },
  );
});
