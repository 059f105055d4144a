import { describe, expect, it } from "vitest";
import { SecretTexts } from "../../../deployment/values/secret-texts";
import { expectMasked, forms, secrets } from "./secret-forms";

const cases = Object.entries(secrets).flatMap(([what, secret]) =>
  Object.entries(forms).map(([how, write]) => [what, how, secret, write] as const),
);

describe("secrets in a message", () => {
  it.each(cases)("%s is masked %s", (_what, _how, secret, write) => {
    const texts = new SecretTexts();
    texts.add(secret);
    const shown = texts.masked(`before ${write(secret)} after`);
    expect(shown).toMatch(/^before .* after$/s);
    expectMasked(shown, secret);
  });

  it("are those of a configuration, also in a document, and those that an environment names", () => {
    const texts = new SecretTexts();
    texts.addConfiguration([
      { value: "plain-value", secret: false },
      { value: '{"password":"in a document"}', secret: true },
    ]);
    texts.addEnvironment({
      CLOUDFLARE_API_TOKEN: "cf-0123456789",
      PULUMI_CONFIG_PASSPHRASE: "test",
      HOME: "/home/someone",
    });
    const said = "plain-value, in a document, cf-0123456789, test, /home/someone";
    expect(texts.masked(said)).toBe("plain-value, [secret], [secret], test, /home/someone");
  });

  it("are no keys of what is shown, and what several of them hold is shown", () => {
    const texts = new SecretTexts();
    for (const text of ["hunter2-hunter2", "correct-horse"]) texts.add(text);
    const value = { "hunter2-hunter2": 1, "at correct-horse": 2, deep: [{ "correct-horse": 3, "hunter2-hunter2": 4 }] };
    expect(texts.maskedValue(value)).toEqual({
      ...{ "[secret]": 1, "at [secret]": 2 },
      deep: [{ "[secret]": 3, "[secret] 2": 4 }],
    });
  });

  it("are in no error either, nor in what caused it", () => {
    const texts = new SecretTexts();
    texts.add("hunter2-hunter2");
    const cause = new Error("the answer was hunter2-hunter2");
    const refused = new Error("refused: hunter2-hunter2", { cause });
    // Read once, as whoever logs an error does: from then on a stack does not follow the message.
    for (const { stack } of [cause, refused]) expect(stack).toContain("hunter2");
    const error = texts.maskedError(refused);
    expect([error, cause].map((each) => each instanceof Error && [each.message, each.stack])).toEqual([
      ["refused: [secret]", expect.not.stringContaining("hunter2")],
      ["the answer was [secret]", expect.not.stringContaining("hunter2")],
    ]);
  });

  it("leave the rest of a message as it is, and JSON stays JSON", () => {
    const texts = new SecretTexts();
    texts.add('quoted "secret"');
    texts.add("secret");
    const message = JSON.stringify({ a: 'x quoted "secret" y', list: ["secrets", 1], text: "two\n  lines" });
    expect(JSON.parse(texts.masked(message))).toEqual({
      a: "x [secret] y",
      list: ["[secret]s", 1],
      text: "two\n  lines",
    });
    expect(texts.masked("nothing\n  of it │ here")).toBe("nothing\n  of it │ here");
  });

  it("of two characters are left alone", () => {
    const texts = new SecretTexts();
    for (const text of ["ab", "abcd"]) texts.add(text);
    expect(texts.masked("ab abcd YWJjZA== 61626364 ab\ncd")).toBe("ab [secret] [secret] [secret] [secret]");
  });
});
