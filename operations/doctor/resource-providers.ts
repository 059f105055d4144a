import { currentType } from "../../lib/type-token";

/** Modules of azure-native that are not called as the resource provider that they are of. */
const otherNames: Readonly<Record<string, string>> = {
  monitor: "insights",
  privatedns: "network",
  redis: "cache",
  redisenterprise: "cache",
};

/** The resource providers of what a program makes, whose case Azure does not mind. @example ["Microsoft.app"] */
export function providersOf(planned: readonly { readonly type: string }[]): readonly string[] {
  const modules = planned.flatMap(({ type }) => {
    const [name, module = ""] = currentType(type).split(":");
    return name === "azure-native" ? [otherNames[module] ?? module] : [];
  });
  return [...new Set(modules)].sort().map((module) => `Microsoft.${module}`);
}
