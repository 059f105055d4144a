import type { PropertyMap } from "../../../deployment/values/property-value";
import type { EmulationGaps } from "../provider";
import type { ProjectSdk } from "./project-sdk";

/** An output of a generic object that the program has read. */
interface OutputRead {
  readonly type: string;
  readonly name: string;
  readonly property: string;
}

interface KnownState {
  readonly urn: string;
  readonly type: string;
  readonly outputs: PropertyMap;
}

const functionCall = /^Invoking function: tok=([^ ,]+)/;

/** Notes what a program asks of the emulated clouds that they lack, so that a preview tells it and not the deployment after it. */
export class GapWatch {
  private readonly functions = new Set<string>();
  private readonly reads: OutputRead[] = [];

  /** @param gapsOf what the emulation of a token's package lacks; undefined where nothing is known to be lacking */
  constructor(private readonly gapsOf: (token: string) => EmulationGaps | undefined) {}

  /** Watches through the program's own SDK; call the result when the program ends. */
  watch(sdk: ProjectSdk): () => void {
    const { debug } = sdk.log;
    const { transferProperties } = sdk.rpc;
    // Where an argument is unknown, the SDK answers by itself and asks no engine: only what it logs names the function.
    sdk.log.debug = (...args) => {
      const token = functionCall.exec(String(args[0]))?.[1];
      if (token !== undefined) this.functions.add(token);
      return debug(...args);
    };
    sdk.rpc.transferProperties = (onto, label, properties) => {
      const resolvers = transferProperties(onto, label, properties);
      const { __pulumiType: type, __name: name } = onto;
      if (typeof type !== "string" || typeof name !== "string" || this.gapsOf(type)?.isGeneric(type) !== true)
        return resolvers;
      for (const property of Object.keys(properties)) {
        if (properties[property] === undefined && property !== "id" && property !== "urn")
          this.noteReads(onto, { type, name, property });
      }
      return resolvers;
    };
    return () => {
      sdk.log.debug = debug;
      sdk.rpc.transferProperties = transferProperties;
    };
  }

  /** Why functions that the program calls cannot be answered, whatever their arguments. */
  functionProblems(): readonly string[] {
    return [...this.functions].flatMap((token) => this.gapsOf(token)?.functionProblem(token) ?? []);
  }

  /** What the program read of generic objects that these do not have. */
  warnings(states: Iterable<KnownState>): readonly { readonly urn: string; readonly message: string }[] {
    return [...states].flatMap(({ urn, type, outputs }) => {
      const read = this.reads.filter((each) => each.type === type && urn.endsWith(`::${each.name}`));
      const names = [...new Set(read.map(({ property }) => property))].filter((name) => !Object.hasOwn(outputs, name));
      if (names.length === 0) return [];
      const message = `the program reads ${names.join(", ")}, which is undefined here: the sandbox keeps ${type} as a generic object and does not know what the service answers. The real engine does (--engine pulumi)`;
      return [{ urn, message }];
    });
  }

  private noteReads(onto: Readonly<Record<string, unknown>>, read: OutputRead): void {
    const output = onto[read.property];
    Object.defineProperty(onto, read.property, {
      configurable: true,
      enumerable: true,
      get: () => {
        this.reads.push(read);
        return output;
      },
    });
  }
}
