import { readFile } from "node:fs/promises";
import { z } from "zod";

/** How launchd keeps an agent: always, or only after it failed. */
const keepAliveSchema = z.union([z.boolean(), z.strictObject({ SuccessfulExit: z.boolean() })]);

/**
 * The part of a launchd property list that the stand-in follows. Other keys are refused: launchd would do something with them that
 * a drill had then not shown.
 */
const agentSchema = z.strictObject({
  Label: z.string().min(1),
  ProgramArguments: z.array(z.string()).min(1),
  EnvironmentVariables: z.record(z.string(), z.string()).optional(),
  WorkingDirectory: z.string().optional(),
  KeepAlive: keepAliveSchema.default(false),
  RunAtLoad: z.boolean().default(false),
  StartInterval: z.number().positive().optional(),
  ThrottleInterval: z.number().nonnegative().default(10),
  ExitTimeOut: z.number().positive().default(20),
  StandardOutPath: z.string().optional(),
  StandardErrorPath: z.string().optional(),
  Umask: z.number().int().optional(),
  AbandonProcessGroup: z.literal(false).optional(),
  // These change how macOS schedules a process, and nothing that a drill measures.
  ProcessType: z.string().optional(),
  Nice: z.number().optional(),
  LowPriorityIO: z.boolean().optional(),
  LimitLoadToSessionType: z.union([z.string(), z.array(z.string())]).optional(),
  SoftResourceLimits: z.record(z.string(), z.number()).optional(),
  HardResourceLimits: z.record(z.string(), z.number()).optional(),
});
export type AgentDefinition = z.output<typeof agentSchema>;

/** A property list that launchd, or its stand-in, cannot use. The message names the file and everything that is wrong in it. */
export class AgentDefinitionError extends Error {
  override name = "AgentDefinitionError";
}

/** Reads a launchd property list. @throws {AgentDefinitionError} */
export async function readAgentDefinition(path: string): Promise<AgentDefinition> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new AgentDefinitionError(`${path}: cannot be read`, { cause });
  });
  return parseAgentDefinition(text, path);
}

/** @param path for messages */
export async function parseAgentDefinition(text: string, path: string): Promise<AgentDefinition> {
  const { parse } = await import("plist");
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    throw new AgentDefinitionError(`${path}: is no property list`, { cause });
  }
  const parsed = agentSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: keys, message }) => `  ${keys.join(".") || "(all)"}: ${message}`);
  throw new AgentDefinitionError([`${path}: launchd's stand-in cannot use it:`, ...problems].join("\n"));
}
