import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { type PathStep, parsePropertyPath } from "../../../lib/property-path";

/** The properties of a structure, by name. */
type Members = ReadonlyMap<string, ts.TypeNode>;

/** What the declarations of an installed package say of its resource types: which inputs one takes, and which outputs it has. */
export class PackageDeclarations {
  private readonly root: string;
  /** Structures by `inputs.` or `outputs.` and their qualified name. */
  private readonly structures = new Map<string, Members>();

  /** @param packageName without its scope. @example "azure-native" */
  constructor(packageName: string) {
    this.root = dirname(require.resolve(`@pulumi/${packageName}/package.json`));
    const hasStructures = readdirSync(this.root).includes("types");
    for (const direction of hasStructures ? ["input", "output"] : []) {
      this.addStructures(parse(join(this.root, "types", `${direction}.d.ts`)), `${direction}s`);
    }
  }

  /**
   * The names that a type's declarations lack.
   *
   * @param token without a version
   * @param paths of inputs or outputs, in which `*` stands for every item of a list and every value of a map
   */
  undeclared(token: string, of: "inputs" | "outputs", paths: readonly string[]): readonly string[] {
    const members = this.membersOf(token, of);
    return [...new Set(paths)].filter((path) => !this.declares(members, parsePropertyPath(path)));
  }

  /** The inputs of a type that its outputs lack, at any depth: what a service takes and does not give back. */
  unreturned(token: string): readonly string[] {
    const outputs = this.membersOf(token, "outputs");
    return this.pathsOf(this.membersOf(token, "inputs"), 0).filter(
      (path) => !this.declares(outputs, parsePropertyPath(path)),
    );
  }

  /** Structures may hold themselves, so that there is an end to the depth. */
  private pathsOf(members: Members, depth: number): readonly string[] {
    return [...members].flatMap(([name, type]) => {
      const every = holds(type, ts.SyntaxKind.ArrayType) || holds(type, ts.SyntaxKind.IndexSignature) ? "[*]" : "";
      const inner = structureNames(type).flatMap((structure) =>
        depth > 4 ? [] : this.pathsOf(this.structures.get(structure) ?? new Map(), depth + 1),
      );
      return inner.length === 0 ? [name] : inner.map((path) => `${name}${every}.${path}`);
    });
  }

  private membersOf(token: string, of: "inputs" | "outputs"): Members {
    const [, module = "", name = ""] = token.split(":");
    const directory = join(this.root, module.split("/")[0] === "index" ? "" : (module.split("/")[0] ?? ""));
    const file = readdirSync(directory).find((entry) => entry.toLowerCase() === `${name.toLowerCase()}.d.ts`);
    if (file === undefined) throw new Error(`${directory} has no declaration of ${token}`);
    for (const statement of parse(join(directory, file)).statements) {
      if (of === "inputs" && ts.isInterfaceDeclaration(statement) && statement.name.text === `${name}Args`)
        return membersIn(statement.members);
      if (of === "outputs" && ts.isClassDeclaration(statement) && statement.name?.text === name)
        return new Map([...membersIn(statement.members), inheritedId]);
    }
    throw new Error(`${file} declares no ${of} of ${token}`);
  }

  private declares(members: Members, [step, ...rest]: readonly PathStep[]): boolean {
    const type = members.get(String(step));
    return type !== undefined && this.has(type, rest);
  }

  private has(type: ts.TypeNode, path: readonly PathStep[]): boolean {
    const [step, ...rest] = path;
    if (step === undefined || holds(type, ts.SyntaxKind.AnyKeyword)) return true;
    if (step === "*" || typeof step === "number" || holds(type, ts.SyntaxKind.IndexSignature))
      return this.has(type, rest);
    return structureNames(type).some((name) => this.declares(this.structures.get(name) ?? new Map(), path));
  }

  private addStructures(node: ts.Node, prefix: string): void {
    ts.forEachChild(node, (child) => {
      if (ts.isModuleDeclaration(child) && child.body) this.addStructures(child.body, `${prefix}.${child.name.text}`);
      else if (ts.isInterfaceDeclaration(child)) {
        this.structures.set(`${prefix}.${child.name.text}`, membersIn(child.members));
      }
    });
  }
}

/** Every resource has one, from the class that it extends. */
const inheritedId = ["id", ts.factory.createKeywordTypeNode(ts.SyntaxKind.StringKeyword)] as const;

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
}

function membersIn(elements: readonly (ts.TypeElement | ts.ClassElement)[]): Members {
  return new Map(
    elements.flatMap((element): [string, ts.TypeNode][] =>
      (ts.isPropertySignature(element) || ts.isPropertyDeclaration(element)) && element.type !== undefined
        ? [[(element.name as ts.Identifier).text, element.type]]
        : [],
    ),
  );
}

function holds(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return node.kind === kind || (ts.forEachChild(node, (child) => holds(child, kind) || undefined) ?? false);
}

/** The structures that a type is made of: `inputs.storage.SkuArgs` of `pulumi.Input<inputs.storage.SkuArgs | undefined>`. */
function structureNames(node: ts.Node): readonly string[] {
  const names: string[] = [];
  const visit = (child: ts.Node): void => {
    if (ts.isTypeReferenceNode(child)) {
      const name = qualifiedName(child.typeName);
      if (/^(inputs|outputs)\./.test(name)) names.push(name);
    }
    ts.forEachChild(child, visit);
  };
  visit(node);
  return names;
}

function qualifiedName(name: ts.EntityName): string {
  return ts.isIdentifier(name) ? name.text : `${qualifiedName(name.left)}.${name.right.text}`;
}
