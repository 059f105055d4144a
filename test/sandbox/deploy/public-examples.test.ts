import { describe, expect, it } from "vitest";
import { examplePrograms } from "./example-programs";
import { SandboxDeployment } from "./sandbox-deployment";

/** What the program reads of types that are kept as generic objects, by the program. Empty: nothing. */
const lacking: Readonly<Record<Exclude<keyof typeof examplePrograms, "cosmosKeys">, string>> = {
  functionsApp: "the program reads defaultHostName, which is undefined here: the sandbox keeps azure-native:web:WebApp",
  appService: "the program reads defaultHostName, which is undefined here: the sandbox keeps azure-native:web:WebApp",
  containerApps: "",
  staticWebsite: "",
  privateEndpoint: "",
  virtualMachine: "",
};

describe("a program as the public examples have them", () => {
  it.each(Object.entries(lacking))("runs to its end, and says what it will lack: %s", async (name, said) => {
    const program = Object.entries(examplePrograms).find(([each]) => each === name)?.[1] ?? (() => undefined);
    const sandbox = new SandboxDeployment();
    const preview = await sandbox.preview(program);
    const first = await sandbox.up(program);
    for (const { result, events } of [preview, first]) {
      const warnings = events.flatMap(({ diagnosticEvent: told }) =>
        told?.message.includes("generic object") === true ? `${told.prefix}${told.message}` : [],
      );
      expect({ result, warnings }).toEqual({
        result: "succeeded",
        warnings: said === "" ? [] : [expect.stringContaining(`warning: ${said}`)],
      });
    }
    expect(Object.keys((await sandbox.up(program)).changes)).toEqual(["same"]);
  });

  it("that calls a function which nobody models stops at the preview, though an argument is not known before up", async () => {
    const preview = await new SandboxDeployment().preview(examplePrograms.cosmosKeys);
    expect(preview.result).toBe("failed");
    expect(preview.messages.join("")).toContain(
      "the sandbox does not model the function azure-native:cosmosdb:listDatabaseAccountKeys. Run this stack on the real engine (--engine pulumi), or model it",
    );
  });
});
