import {
  CheckFailure as CheckFailureMessage,
  CheckResponse,
  DiffResponse,
  PropertyDiff as PropertyDiffMessage,
} from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PropertyMap } from "../../deployment/values/property-value";
import { fromWireMap, toWireMap } from "../../deployment/values/wire-value";
import { isJsonObject, type JsonValue } from "../../lib/json-value";
import type { CheckFailure, CheckResult, DiffResult, PropertyDiffKind, ResourceIdentity } from "../engine/provider";

/** Reads properties that the engine sent; none are an empty map. */
export function propertiesOf(struct: Struct | undefined): PropertyMap {
  const plain: unknown = struct?.toJavaScript();
  return isJsonObject(plain) ? fromWireMap(plain) : {};
}

/** As {@link propertiesOf}, where the engine sends an empty map for "there were none". */
export function earlierPropertiesOf(struct: Struct | undefined): PropertyMap | undefined {
  const properties = propertiesOf(struct);
  return Object.keys(properties).length === 0 ? undefined : properties;
}

export function structOf(properties: PropertyMap): Struct {
  const wire: { [key: string]: JsonValue } = { ...toWireMap(properties) };
  return Struct.fromJavaScript(wire);
}

interface IdentifiedRequest {
  getUrn(): string;
  getName(): string;
  getType(): string;
}

/** Which resource a request is about. Older engines send the URN alone; it holds the other two. */
export function identityOf(request: IdentifiedRequest): ResourceIdentity {
  const urn = request.getUrn();
  const [, , qualifiedType = "", ...name] = urn.split("::");
  return {
    urn,
    type: request.getType() || qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1),
    name: request.getName() || name.join("::"),
  };
}

export function failureMessages(failures: readonly CheckFailure[]): CheckFailureMessage[] {
  return failures.map(({ property, reason }) => {
    const message = new CheckFailureMessage();
    message.setProperty(property);
    message.setReason(reason);
    return message;
  });
}

export function checkResponse({ inputs, failures }: CheckResult): CheckResponse {
  const response = new CheckResponse();
  response.setInputs(structOf(inputs));
  response.setFailuresList(failureMessages(failures));
  return response;
}

const changesInMessage = {
  unknown: DiffResponse.DiffChanges.DIFF_UNKNOWN,
  none: DiffResponse.DiffChanges.DIFF_NONE,
  some: DiffResponse.DiffChanges.DIFF_SOME,
} as const;

const kindInMessage: Readonly<Record<PropertyDiffKind, PropertyDiffMessage.Kind>> = {
  add: PropertyDiffMessage.Kind.ADD,
  "add-replace": PropertyDiffMessage.Kind.ADD_REPLACE,
  delete: PropertyDiffMessage.Kind.DELETE,
  "delete-replace": PropertyDiffMessage.Kind.DELETE_REPLACE,
  update: PropertyDiffMessage.Kind.UPDATE,
  "update-replace": PropertyDiffMessage.Kind.UPDATE_REPLACE,
};

export function diffResponse(result: DiffResult): DiffResponse {
  const response = new DiffResponse();
  response.setChanges(changesInMessage[result.changes]);
  response.setDiffsList([...result.diffs]);
  response.setReplacesList([...result.replaces]);
  response.setStablesList([...result.stables]);
  response.setDeletebeforereplace(result.deleteBeforeReplace);
  response.setHasdetaileddiff(result.detailedDiff !== undefined);
  for (const [path, { kind, inputDiff }] of Object.entries(result.detailedDiff ?? {})) {
    const difference = new PropertyDiffMessage();
    difference.setKind(kindInMessage[kind]);
    difference.setInputdiff(inputDiff);
    response.getDetaileddiffMap().set(path, difference);
  }
  return response;
}
