import { isJsonObject } from "../../lib/json-value";
import { secretForms } from "../../lib/secret-forms";
import { sessionTokens } from "../../lib/session-tokens";
import type { ConfigValue } from "../operation";
import { isPropertyArray, isPropertyMap, type PropertyMap, type PropertyValue, Secret } from "./property-value";
import { encodeProperties, type SecretEncoder } from "./state-value";

/** Shorter texts stand in many places by chance; the real engine leaves them alone too. */
const shortest = 3;
/** Encoded, a text of fewer characters than this is found in identifiers and digests by chance. */
const shortestEncoded = 5;
/** Values of variables that are shorter are not masked: they are part of many words, and only tests use such passphrases and tokens. */
const shortestVariable = 8;
/** @example CLOUDFLARE_API_TOKEN, ARM_CLIENT_SECRET, AZURE_STORAGE_KEY, AZURE_STORAGE_CONNECTION_STRING, DRIFT_SLACK_WEBHOOK */
const secretVariable = /(TOKEN|SECRET|PASSPHRASE|PASSWORD|WEBHOOK|CONNECTION_STRING|_KEY)$/i;
const mask = "[secret]";
const rememberedTexts = 20_000;

/**
 * The secrets of a run: those that it is told of, and the tokens that services gave this process. Services and programs may quote them in
 * messages, so they are masked in all that is shown. Texts in the form of a secret are masked, too: a provider's own session has tokens
 * that this process never sees.
 */
export class SecretTexts {
  /** The forms of each, once a message was looked through for them. */
  private readonly secrets = new Map<Secret, readonly string[] | undefined>();
  /** What is looked for, the longest first: one secret may be a part of another. Made anew when secrets were added. */
  private forms: readonly string[] | undefined;

  /** What became of the texts of {@link maskedValue}, until another secret is known. */
  private readonly maskedTexts = new Map<string, string>();

  /** How many of {@link sessionTokens} were added to the secrets so far. */
  private knownTokens = 0;

  /** Writes a secret as events show it, and remembers it. */
  readonly encode: SecretEncoder = (secret) => {
    if (!this.secrets.has(secret)) this.remember(secret);
    return mask;
  };

  /** Remembers the secrets of a resource that no event has shown yet. */
  note(properties: PropertyMap): void {
    encodeProperties(properties, this.encode);
  }

  add(text: string): void {
    this.remember(new Secret(text));
  }

  /** Remembers the secrets of a stack's configuration. */
  addConfiguration(config: Iterable<Omit<ConfigValue, "secret"> & { readonly secret?: boolean }>): void {
    for (const { value, secret, secretTexts = [value] } of config) {
      if (secret) for (const text of secretTexts.flatMap(secretParts)) this.add(text);
    }
  }

  /** Remembers what an environment holds of tokens, keys and passphrases, by the names that such variables have. */
  addEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value = ""] of Object.entries(environment)) {
      if (secretVariable.test(name) && value.length >= shortestVariable) this.add(value);
    }
  }

  /**
   * The message with every secret in it replaced: as it is, escaped in JSON, also twice, percent-encoded, in hexadecimal or in Base64,
   * wherever in the encoded text it begins, and each of these also where it is broken into lines. A text that is masked for its form alone
   * is found unencoded only.
   */
  masked(message: string): string {
    this.addSessionTokens();
    this.forms ??= this.allForms();
    const found = [
      ...findForms(message, lineBreak, this.forms),
      // A text with blanks may have been broken at one of them.
      ...findForms(
        message,
        blanks,
        this.forms.map((form) => without(form, blanks)).filter((form) => form.length >= 8),
      ),
      ...findByForm(message),
    ];
    let shown = "";
    let done = 0;
    for (const { from, to } of found.sort((one, other) => one.from - other.from || other.to - one.to)) {
      // Places overlap where one secret is a part of another.
      if (from >= done) shown += message.slice(done, from) + mask;
      done = Math.max(done, to);
    }
    return shown + message.slice(done);
  }

  /** The same for every text in a value, keys among them, of which most are met many times. */
  maskedValue<Value>(value: Value): Value;
  maskedValue(value: unknown): unknown {
    this.addSessionTokens();
    if (typeof value === "string") {
      const known = this.maskedTexts.get(value);
      if (known !== undefined) return known;
      const text = this.masked(value);
      if (this.maskedTexts.size < rememberedTexts) this.maskedTexts.set(value, text);
      return text;
    }
    if (isJsonObject(value)) {
      return this.maskedObject(value);
    }
    return Array.isArray(value) ? value.map((part: unknown) => this.maskedValue(part)) : value;
  }

  /** Keys that become the same are told apart by a number: what they hold is shown. */
  private maskedObject(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const shown = new Map<string, unknown>();
    for (const [key, part] of Object.entries(value)) {
      const text = this.maskedValue(key);
      let name = text;
      for (let nth = 2; text !== key && shown.has(name); nth += 1) name = `${text} ${nth}`;
      shown.set(name, this.maskedValue(part));
    }
    return Object.fromEntries(shown);
  }

  /** The same error, and those that caused it, without secrets in what they say: it may be printed by whoever catches it. */
  maskedError(error: unknown): unknown {
    for (let each = error; each instanceof Error; each = each.cause) {
      each.message = this.masked(each.message);
      if (each.stack !== undefined) each.stack = this.masked(each.stack);
    }
    return error;
  }

  private addSessionTokens(): void {
    const tokens = sessionTokens();
    if (tokens.size === this.knownTokens) return;
    for (const token of [...tokens].slice(this.knownTokens)) if (token.length >= shortestVariable) this.add(token);
    this.knownTokens = tokens.size;
  }

  private remember(secret: Secret): void {
    this.secrets.set(secret, undefined);
    this.forms = undefined;
    this.maskedTexts.clear();
  }

  private allForms(): readonly string[] {
    for (const [secret, known] of this.secrets) {
      if (known === undefined) this.secrets.set(secret, textsIn(secret).flatMap(formsOf));
    }
    const forms = new Set([...this.secrets.values()].flatMap((known) => known ?? []));
    return [...forms].sort((one, other) => other.length - one.length);
  }
}

/** The secrets of this process's environment. */
export function environmentSecrets(): SecretTexts {
  const texts = new SecretTexts();
  texts.addEnvironment(process.env);
  return texts;
}

/** The value, and the texts in it when it is a JSON document: a program reads them one by one. */
function secretParts(value: string): readonly string[] {
  const parts: string[] = [value];
  try {
    JSON.parse(value, (_key, part) => {
      if (typeof part === "string") parts.push(part);
      return part;
    });
  } catch {
    return [value];
  }
  return parts;
}

interface Place {
  readonly from: number;
  /** After the last character. */
  readonly to: number;
}

/** Where forms stand in a text, whatever stands between their characters that a pattern takes out of it. */
function findForms(message: string, pattern: RegExp, forms: readonly string[]): Place[] {
  /** After each part that was taken out: where that is in what is left, and how much was taken out so far. */
  const gaps: { readonly at: number; readonly dropped: number }[] = [];
  let dropped = 0;
  const text = message.replace(pattern, (gap, offset: number) => {
    gaps.push({ at: offset - dropped, dropped: dropped + gap.length });
    dropped += gap.length;
    return "";
  });
  const origin = (at: number) => at + (gaps.findLast((gap) => gap.at <= at)?.dropped ?? 0);
  const found: Place[] = [];
  for (const form of forms) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + form.length)) {
      found.push({ from: origin(at), to: origin(at + form.length - 1) + 1 });
    }
  }
  return found;
}

const looksSecret = secretForms.map((form) => new RegExp(form, `${form.flags}g`));

function findByForm(message: string): Place[] {
  return looksSecret.flatMap((form) =>
    [...message.matchAll(form)].map(({ 0: { length }, index }) => ({ from: index, to: index + length })),
  );
}

/** A line break, with what stands before the rest of a line that was broken: blanks, and the rules of a tree. */
const lineBreak = /[ \t]*\\?\r?\n[ \t│|>]*/g;
const blanks = /[\s│]+/g;

function without(text: string, pattern: RegExp): string {
  return text.replace(pattern, "");
}

function textsIn(value: PropertyValue): readonly string[] {
  if (typeof value === "string") return value.length < shortest ? [] : [value];
  if (value instanceof Secret) return textsIn(value.value);
  if (isPropertyArray(value)) return value.flatMap(textsIn);
  return isPropertyMap(value) ? Object.values(value).flatMap(textsIn) : [];
}

/** Every form in which a text is looked for. A text of several lines is also looked for line by line, as logs repeat it. */
function formsOf(secret: string): readonly string[] {
  const escaped = escapeJson(secret);
  const percent = encodeURIComponent(secret);
  const strict = percent.replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const bytes = Buffer.from(secret);
  const encoded = [
    ...[percent, strict, strict.replaceAll("%20", "+"), encodeURI(secret)].flatMap((form) => [form, lowerHex(form)]),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...base64Forms(bytes),
  ];
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= shortestEncoded);
  const forms = [
    without(secret, lineBreak),
    ...[escaped, escapeJson(escaped), asciiJson(escaped), escaped.replaceAll("/", "\\/")],
    ...encoded.filter((form) => form.length >= shortestEncoded),
    ...(lines.length > 1 ? lines : []),
  ];
  return forms.filter((form) => form.length >= shortest);
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function asciiJson(text: string): string {
  return text.replace(/[\u0080-\uffff]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function lowerHex(percentEncoded: string): string {
  return percentEncoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
}

/**
 * Base64 writes three bytes as four characters, so the same bytes look different after one and after two others. Of each form, the
 * characters that these bytes alone decide; and the whole with its padding, for a text that is nothing but the secret.
 */
function base64Forms(bytes: Buffer): readonly string[] {
  const inside = [0, 1, 2].map((others) => {
    const text = Buffer.concat([Buffer.alloc(others), bytes]).toString("base64");
    return text.slice(Math.ceil((others * 8) / 6), Math.floor(((others + bytes.length) * 8) / 6));
  });
  return [bytes.toString("base64"), ...inside].flatMap((form) => [
    form,
    form.replaceAll("+", "-").replaceAll("/", "_"),
  ]);
}
