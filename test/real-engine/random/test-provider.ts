import {
  containsUnknown,
  equalProperties,
  type PropertyMap,
  type PropertyValue,
  reveal,
  unknown,
} from "../../../deployment/values/property-value";
import type * as protocol from "../../../sandbox/engine/provider";

/** A change of it forces a replacement. */
const forcing = "fixed";

const same: protocol.DiffResult = {
  changes: "none",
  diffs: [],
  replaces: [],
  stables: [],
  deleteBeforeReplace: false,
  detailedDiff: {},
};

/**
 * A provider without a memory, so that two engines can ask it the same: what it answers follows from what it is asked. Inputs steer it:
 * `fixed` forces a replacement, `first` asks for deletion before it, `fail` names the operation that fails, `gone` and `drifts` are
 * what a refresh finds.
 */
export class TestProvider implements protocol.Provider {
  readonly packageName = "test";
  readonly acceptsSecrets = true;

  async checkConfig({ inputs }: protocol.CheckConfigRequest): Promise<protocol.CheckResult> {
    return { inputs, failures: [] };
  }

  async diffConfig({ inputs, oldInputs }: protocol.DiffConfigRequest): Promise<protocol.DiffResult> {
    return difference(oldInputs, inputs);
  }

  async configure(): Promise<void> {}

  async check({ inputs }: protocol.CheckRequest): Promise<protocol.CheckResult> {
    const checked = { ...inputs, standard: inputs.standard ?? "default" };
    return { inputs: checked, failures: fails(inputs, "check") ? [{ property: "fail", reason: "it says so" }] : [] };
  }

  async diff({ inputs, oldInputs }: protocol.DiffRequest): Promise<protocol.DiffResult> {
    return difference(oldInputs, inputs);
  }

  async create({ name, inputs, preview }: protocol.CreateRequest): Promise<protocol.CreateResult> {
    if (preview) return { id: "", outputs: { ...inputs, computed: unknown } };
    refuse(inputs, "create");
    return { id: `${name}-${textOf(inputs[forcing])}`, outputs: { ...inputs, computed: computedOf(inputs) } };
  }

  async read({ id, inputs, outputs }: protocol.ReadRequest): Promise<protocol.ReadResult | undefined> {
    if (inputs.gone !== undefined) return undefined;
    if (Object.keys(inputs).length > 0 || Object.keys(outputs).length > 0) {
      if (inputs.drifts === undefined) return { id, inputs, outputs };
      const drift: PropertyMap = { number: 99 };
      return { id, inputs: { ...inputs, ...drift }, outputs: { ...outputs, ...drift } };
    }
    const found: PropertyMap = { text: "found", standard: "default" };
    return { id, inputs: found, outputs: { ...found, computed: "found" } };
  }

  async update({ inputs, oldOutputs, preview }: protocol.UpdateRequest): Promise<PropertyMap> {
    if (!preview) refuse(inputs, "update");
    const isSame = equalProperties(inputs.text, oldOutputs.text);
    return { ...inputs, computed: isSame ? (oldOutputs.computed ?? null) : preview ? unknown : computedOf(inputs) };
  }

  async delete({ inputs }: protocol.DeleteRequest): Promise<void> {
    refuse(inputs, "delete");
  }

  async invoke({ args }: protocol.InvokeRequest): Promise<protocol.InvokeResult> {
    return { result: { found: `found ${textOf(args.text)}` }, failures: [] };
  }
}

function difference(old: PropertyMap, next: PropertyMap): protocol.DiffResult {
  const keys = new Set([...Object.keys(old), ...Object.keys(next)]);
  const diffs = [...keys].filter((key) => !equalProperties(old[key], next[key])).sort();
  const replaces = diffs.filter((key) => key === forcing);
  const kind = (key: string) => (old[key] === undefined ? "add" : next[key] === undefined ? "delete" : "update");
  return {
    ...same,
    changes: diffs.length > 0 ? "some" : "none",
    diffs,
    replaces,
    deleteBeforeReplace: replaces.length > 0 && next.first !== undefined,
    detailedDiff: Object.fromEntries(
      diffs.map((key) => [key, { kind: key === forcing ? `${kind(key)}-replace` : kind(key), inputDiff: true }]),
    ),
  };
}

function computedOf(inputs: PropertyMap): PropertyValue {
  return containsUnknown(inputs.text ?? "") ? unknown : `computed from ${textOf(inputs.text)}`;
}

function textOf(value: PropertyValue | undefined): string {
  const plain = value === undefined ? "" : reveal(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

function fails(inputs: PropertyMap, operation: string): boolean {
  return textOf(inputs.fail) === operation;
}

function refuse(inputs: PropertyMap, operation: string): void {
  if (fails(inputs, operation)) throw new Error(`to ${operation} fails on purpose`);
}
