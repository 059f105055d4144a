import type { Generator } from "../../../lib/generator";
import { MemoryWorld } from "../../world/world";
import { azureNativeProvider } from ".";
import { describedLimits, describedTypes, SdkPackage } from "./sdk-descriptions";

/** What {@link armType} reads: the limits that Microsoft's management SDKs state, by type and path. */
export const generator: Generator = {
  files: () => [{ path: "sandbox/clouds/azure-native/described-values.generated.json", text: tableText() }],
};

function tableText(): string {
  const packages = new Map<string, SdkPackage>();
  const types = Object.entries(describedTypes(azureNativeProvider(new MemoryWorld()).rules.values())).map(
    ([type, [name, body]]) => {
      const sdk = packages.get(name) ?? new SdkPackage(name);
      packages.set(name, sdk);
      const lines = describedLimits(sdk.body(body)).map(
        ([path, limits]) => `    ${JSON.stringify(path)}: ${JSON.stringify(limits)}`,
      );
      return `  ${JSON.stringify(type)}: {${lines.length === 0 ? "" : `\n${lines.join(",\n")}\n  `}}`;
    },
  );
  return `{\n${types.join(",\n")}\n}\n`;
}
