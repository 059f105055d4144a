import { describe, expect, it } from "vitest";
import type { CommandContext } from "../../cli/command";
import { describeError } from "../../cli/describe-error";
import { sharedOption } from "../../cli/options";
import { failedOutcome, runAgain } from "../../cli/run-and-print";
import { Diagnostics } from "../../deployment/display/operation-diagnostics";
import { OperationLog } from "../../deployment/display/operation-log";
import { plainPaint, terminalOf } from "../../deployment/display/terminal";
import { hintFor } from "../../deployment/hints";

const vault = "urn:pulumi:dev::landscape::landscape:keyvault:KeyVault$azure-native:keyvault:Vault::vault";
const deleted =
  'Code="ConflictError" Status=409 Message="A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault."';

describe("a hint", () => {
  it("tells what to do when the cloud keeps the name of what was deleted, with the stack's own file", () => {
    expect(hintFor(deleted, vault)).toContain("another landscape:generation in Pulumi.dev.yaml");
  });

  // As the sandbox words it, and the real engine.
  it.each(['Preview failed: unknown stack "organization/landscape/prod"', 'error: unknown stack "prod"'])(
    "tells which stack is deployed first: %s",
    (message) => expect(hintFor(message, undefined)).toContain("npm start -- --stack prod on the sandbox"),
  );

  it("is not given where nothing is known", () => {
    expect(hintFor("the address 10.0.0.0/8 is in use", vault)).toBeUndefined();
  });

  it("follows the error where diagnostics are printed, and the error that ends a command", () => {
    const diagnostics = new Diagnostics();
    const event = { color: "never", prefix: "", urn: vault, message: deleted };
    diagnostics.record({ sequence: 1, timestamp: 0, diagnosticEvent: { ...event, severity: "error" } });
    expect(diagnostics.lines(plainPaint).join("\n")).toMatch(/error: Code=.*\n {4}what to do: .*landscape:generation/);
    const { message } = describeError(new Error('unknown stack "organization/landscape/prod"'));
    expect(message).toMatch(/\nwhat to do: .*--stack prod/);
  });
});

describe("what an operation that was interrupted ends with", () => {
  const cancelled = {
    result: "cancelled",
    failure: undefined,
    changes: {},
    unchanged: false,
    log: new OperationLog(),
    events: [],
  } as const;

  const context: CommandContext = {
    command: "up",
    offered: sharedOption("stack", "yes"),
    options: { yes: true },
    stack: "prod",
    engine: "sandbox",
    output: terminalOf(process.stdout, {}),
    signal: AbortSignal.abort(),
    say: () => {},
    open: () => Promise.reject(new Error("nothing is opened")),
  };

  it("names who cancelled it, what became of it and what to do", () => {
    expect(failedOutcome(context, cancelled, runAgain)).toEqual({
      exitCode: 8,
      summary:
        "cancelled by you; what had begun is finished and saved, exit code 8; run it again:\n    npm run up -- --stack prod --yes",
    });
    expect(failedOutcome(context, cancelled, "nothing was applied")?.summary).toBe(
      "cancelled by you; nothing was applied, exit code 8; run it again:\n    npm run up -- --stack prod --yes",
    );
  });
});
