/** Types that `Pulumi.yaml` can declare for a configuration key. */
export const configTypes = ["string", "integer", "number", "boolean", "array", "object"] as const;
export type ConfigType = (typeof configTypes)[number];

/** One key of the `config` section of `Pulumi.yaml`. */
export interface ConfigDeclaration {
  /** Fully qualified: `alai:environment`. */
  readonly key: string;
  /** As written in the file. */
  readonly writtenKey: string;
  readonly type: ConfigType | undefined;
  readonly secret: boolean;
  /** What a stack gets that does not say otherwise. Without one the key is required, unless it only carries a type of another package. */
  readonly fallback: string | undefined;
  readonly required: boolean;
}

/** `environment` in project `alai` is `alai:environment`; a key with a namespace stays as it is. */
export function qualifiedKey(key: string, project: string): string {
  return key.includes(":") ? key : `${project}:${key}`;
}

/** The text form in which programs get a configuration value. */
export function configText(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return value === null || value === undefined ? "" : String(value);
}

/** What is wrong with a value, or undefined when it has the declared type. The value itself is only named when it is no secret. */
export function typeProblem(text: string, type: ConfigType | undefined, secret: boolean): string | undefined {
  if (type === undefined || hasType(text, type)) return undefined;
  return `expected ${article(type)} ${type}, got ${secret ? "a secret of another type" : JSON.stringify(text)}`;
}

function hasType(text: string, type: ConfigType): boolean {
  switch (type) {
    case "string":
      return true;
    case "integer":
      return /^[+-]?\d+$/.test(text);
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text));
    case "boolean":
      return text === "true" || text === "false";
    case "array":
      return Array.isArray(parseText(text));
    case "object": {
      const value = parseText(text);
      return typeof value === "object" && value !== null && !Array.isArray(value);
    }
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function article(type: ConfigType): string {
  return /^[aio]/.test(type) ? "an" : "a";
}
