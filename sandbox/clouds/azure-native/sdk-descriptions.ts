import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";
import type { DescribedLimits, TypeRule } from "../type-rule";

/**
 * What describes the requests for a type: the package of Microsoft's management SDKs, without `@azure/arm-`, the name of the request's
 * body in it, and the name of the path parameter that is the resource's own name, where the package limits it.
 *
 * The packages are development dependencies. Their newer generations have no descriptions any more, so each stays at the last release
 * that does; its API version may be another than azure-native's.
 */
export type SdkDescription = readonly [pack: string, body: string, name?: string];

/** What describes the types of these rules, by type without the package; sorted. */
export function describedTypes(rules: Iterable<TypeRule>): Readonly<Record<string, SdkDescription>> {
  const described = [...rules].flatMap(({ type, describedBy }): [string, SdkDescription][] =>
    describedBy === undefined ? [] : [[type.replace("azure-native:", ""), describedBy]],
  );
  return Object.fromEntries(described.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** A value as a package describes it, in azure-native's names, which leave the layer `properties` out as the packages do. */
export interface DescribedValue {
  readonly kind: "any" | "flag" | "list" | "map" | "number" | "object" | "text";
  /** The service fills it in: what a request says of it is not read. */
  readonly readOnly: boolean;
  readonly limits: DescribedLimits;
  /** Of an object: what the package calls its kind. */
  readonly className: string | undefined;
  /** Of an object; asked for a value, since what else it has may depend on its kind. */
  readonly members: (value?: object) => ReadonlyMap<string, DescribedValue>;
  /** Of a list or a map. */
  readonly item: DescribedValue | undefined;
}

interface Mapper {
  readonly serializedName?: string;
  readonly required?: boolean;
  readonly readOnly?: boolean;
  readonly isConstant?: boolean;
  readonly defaultValue?: unknown;
  readonly constraints?: Readonly<Record<string, number | RegExp | undefined>>;
  readonly type: MapperType;
}

interface MapperType {
  readonly name: string;
  readonly className?: string;
  readonly uberParent?: string;
  readonly allowedValues?: readonly string[];
  readonly modelProperties?: Readonly<Record<string, Mapper>>;
  readonly polymorphicDiscriminator?: { readonly serializedName: string; readonly clientName: string };
  readonly element?: Mapper;
  readonly value?: Mapper;
}

type Mappers = Readonly<Record<string, Mapper>> & { readonly discriminators?: Readonly<Record<string, Mapper>> };

/** One package's descriptions. */
export class SdkPackage {
  readonly version: string;
  private readonly mappers: Mappers;
  private readonly parameters: Readonly<Record<string, { readonly mapper: Mapper }>>;
  private readonly interfaces: ReadonlyMap<string, DeclaredInterface>;
  private readonly knownValues: ReadonlyMap<string, readonly string[]>;

  /** @param name without `@azure/arm-` */
  constructor(name: string) {
    const manifest = createRequire(__filename).resolve(`@azure/arm-${name}/package.json`);
    const root = dirname(manifest);
    this.version = JSON.parse(readFileSync(manifest, "utf8")).version;
    const models = ["dist/esm/models", "dist-esm/src/models"].map((folder) => join(root, folder)).find(existsSync);
    if (models === undefined || !existsSync(join(models, "mappers.js"))) {
      throw new Error(
        `@azure/arm-${name} ${this.version} describes nothing any more: install an earlier release of it`,
      );
    }
    const contents = `export * as mappers from "./mappers.js"; export * as parameters from "./parameters.js";`;
    const { outputFiles } = buildSync({
      stdin: { contents, resolveDir: models },
      ...{ bundle: true, format: "cjs", platform: "node", write: false, external: ["@azure/core-client"] },
    });
    const module: { exports: { mappers?: Mappers; parameters?: SdkPackage["parameters"] } } = { exports: {} };
    new Function("module", "exports", "require", outputFiles[0]?.text ?? "")(module, module.exports, () => ({}));
    this.mappers = module.exports.mappers ?? {};
    this.parameters = module.exports.parameters ?? {};
    const declarations = readFileSync(join(models, "index.d.ts"), "utf8");
    this.interfaces = interfacesIn(declarations);
    this.knownValues = knownValuesIn(declarations);
  }

  /** A request's body. @throws when the package has none of this name */
  body(name: string): DescribedValue {
    const mapper = this.mappers[name];
    if (mapper === undefined) throw new Error(`no description of ${name}`);
    return this.describe(mapper, undefined);
  }

  /** The limits of a path parameter. */
  parameter(name: string): DescribedLimits {
    const parameter = this.parameters[name];
    if (parameter === undefined) throw new Error(`no parameter ${name}`);
    return limitsOf(parameter.mapper);
  }

  private describe(mapper: Mapper, declaredType: string | undefined): DescribedValue {
    const { type } = mapper;
    const item = type.element ?? type.value;
    const values =
      type.allowedValues ?? (type.name === "String" ? this.knownValues.get(declaredType ?? "") : undefined);
    return {
      kind: kinds[type.name] ?? "text",
      readOnly: mapper.readOnly === true,
      limits: { ...limitsOf(mapper), ...(values === undefined ? {} : { values }) },
      className: type.className,
      members: (value) => this.members(type, value),
      item: item === undefined ? undefined : this.describe(item, declaredType?.replace(/\[\]$/, "")),
    };
  }

  private members(type: MapperType, value: object | undefined): ReadonlyMap<string, DescribedValue> {
    const own = this.kindOf(this.resolve(type), value);
    return new Map(
      Object.entries(own.modelProperties ?? {}).map(([key, mapper]) => [
        nameOf(key, mapper),
        this.describe(mapper, this.declaredType(own.className ?? "", key)),
      ]),
    );
  }

  private resolve(type: MapperType): MapperType {
    return type.modelProperties === undefined ? (this.mappers[type.className ?? ""]?.type ?? type) : type;
  }

  /** Of a type with kinds, the one that a value names. */
  private kindOf(type: MapperType, value: object | undefined): MapperType {
    const discriminator = type.polymorphicDiscriminator?.clientName;
    if (discriminator === undefined || value === undefined) return type;
    const kind = `.${Reflect.get(value, discriminator)}`;
    const known = this.mappers.discriminators ?? {};
    return [type.uberParent, type.className].flatMap((parent) => known[`${parent}${kind}`]?.type ?? [])[0] ?? type;
  }

  private declaredType(className: string, key: string): string | undefined {
    const declared = this.interfaces.get(className);
    return declared?.members.get(key) ?? declared?.parents.flatMap((parent) => this.declaredType(parent, key) ?? [])[0];
  }
}

interface DeclaredInterface {
  readonly parents: readonly string[];
  /** The type of each property, where that is a name or a list of one. */
  readonly members: ReadonlyMap<string, string>;
}

/** The interfaces that a package declares, by name. */
function interfacesIn(declarations: string): ReadonlyMap<string, DeclaredInterface> {
  const interfaces = declarations.matchAll(
    /^export (?:declare )?interface (\w+)(?: extends ([\w, ]+))? \{$([\s\S]*?)^\}$/gm,
  );
  return new Map(
    [...interfaces].map(([, name = "", parents = "", body = ""]) => {
      const members = body.matchAll(/^\s+(?:readonly )?(\w+)\??: ([\w[\]]+);$/gm);
      const types = new Map([...members].map(([, key = "", type = ""]) => [key, type]));
      return [name, { parents: parents === "" ? [] : parents.split(/, */), members: types }];
    }),
  );
}

/** The values of a package's open enumerations, which its descriptions leave out, by the name of the type. */
function knownValuesIn(declarations: string): ReadonlyMap<string, readonly string[]> {
  const enums = declarations.matchAll(/^export declare enum Known(\w+) \{$([\s\S]*?)^\}$/gm);
  return new Map(
    [...enums].map(([, name = "", body = ""]) => [
      name,
      [...body.matchAll(/ = "([^"]*)"/g)].map(([, value = ""]) => value),
    ]),
  );
}

/**
 * The limits of all that can be sent, by path with `*`. Structures may hold themselves, in several steps: what lies in one of the same
 * class is left out, and so is what lies more than seven structures deep.
 */
export function describedLimits(
  described: DescribedValue,
  path = "",
  within: readonly (string | undefined)[] = [],
): readonly (readonly [string, DescribedLimits])[] {
  const { limits, item, kind, className } = described;
  const own = Object.keys(limits).length === 0 || path === "" ? [] : [[path, limits] as const];
  if (item !== undefined) return [...own, ...describedLimits(item, `${path}${kind === "list" ? "[*]" : ".*"}`, within)];
  if (kind !== "object" || within.length > 6 || (className !== undefined && within.includes(className))) return own;
  const members = [...described.members()].filter(([name, { readOnly }]) => !readOnly && name !== "systemData");
  return [
    ...own,
    ...members.flatMap(([name, member]) =>
      describedLimits(member, path === "" ? name : `${path}.${name}`, [...within, className]),
    ),
  ];
}

const kinds: Readonly<Record<string, DescribedValue["kind"]>> = {
  any: "any",
  Boolean: "flag",
  Composite: "object",
  Dictionary: "map",
  Number: "number",
  Object: "any",
  Sequence: "list",
};

/** azure-native takes over the name that the API's description gives a property for programs, where that is another word. */
function nameOf(key: string, { serializedName = key }: Mapper): string {
  const sent = serializedName.split(/(?<!\\)\./).at(-1) ?? key;
  return sent.toLowerCase() === key.toLowerCase() ? sent : key;
}

function limitsOf({ constraints = {}, required, isConstant, defaultValue }: Mapper): DescribedLimits {
  const number = (...names: string[]) =>
    names.map((name) => constraints[name]).find((limit) => typeof limit === "number");
  const minimum = number("InclusiveMinimum", "MinLength", "MinItems");
  const maximum = number("InclusiveMaximum", "MaxLength", "MaxItems");
  const pattern = constraints.Pattern instanceof RegExp ? constraints.Pattern.source : undefined;
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(required === true && isConstant !== true && defaultValue === undefined ? { required } : {}),
  };
}
