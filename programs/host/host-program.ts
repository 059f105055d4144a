import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { type AgentName, agentNames, loadAgent } from "./agents/agents";
import { addFailoverCommands } from "./failover/failover-commands";
import { HostError, type HostExitCode, hostExitCodes } from "./host-exit-codes";
import { readSettings, SettingsFileError } from "./host-settings";
import { SecretsFileError } from "./secrets/secrets-file";

/** Where the installed program finds its settings: `<root>/lib/host.mjs` reads `<root>/etc/host.json`. */
const installedSettings = (): string => join(process.argv[1] ?? "", "..", "..", "etc", "host.json");

/**
 * The program that runs on both hosts and on laptops that may order a failover. It needs Node.js and nothing else.
 *
 * @param args the arguments after the program's own file
 * @returns the exit code
 */
export async function hostProgram(args: readonly string[]): Promise<HostExitCode> {
  // Whoever reads may have stopped, as in `status | head`.
  process.stdout.on("error", () => process.exit(hostExitCodes.done));
  const ending = new AbortController();
  const end = (): void => (ending.signal.aborted ? process.exit(hostExitCodes.cancelled) : ending.abort());
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, end);
  let exitCode: HostExitCode = hostExitCodes.done;
  const program = grammar(ending.signal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? hostExitCodes.done : hostExitCodes.badConfiguration;
    process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof HostError) return error.exitCode;
    if (error instanceof SecretsFileError) return hostExitCodes.authentication;
    return error instanceof SettingsFileError ? hostExitCodes.badConfiguration : hostExitCodes.error;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, end);
  }
}

function grammar(signal: AbortSignal, ended: (exitCode: HostExitCode) => void): Command {
  const program = new Command("host.mjs")
    .description("Replication, health and failover of a pair of hosts.")
    .helpCommand(false)
    .exitOverride();
  program
    .command("agent")
    .description("Run one agent until it is stopped. launchd does this; nobody has to type it.")
    .argument("<name>", agentNames.join(", "))
    .argument("[args...]", "for replicate: the tier's policy")
    .option("--settings <file>", "the host's settings", installedSettings())
    .addHelpText("after", "\nExample:\n  node lib/host.mjs agent health --settings etc/host.json")
    .exitOverride()
    .action((name: string, args: string[], options: { settings: string }) => runAgent(name, args, options, signal));
  addFailoverCommands(program, installedSettings(), signal, ended);
  return program;
}

async function runAgent(
  name: string,
  args: readonly string[],
  options: { readonly settings: string },
  signal: AbortSignal,
): Promise<void> {
  if (!isAgentName(name)) {
    throw new HostError(hostExitCodes.badConfiguration, `no agent "${name}"; there are ${agentNames.join(", ")}`);
  }
  const say = (line: string): boolean => process.stdout.write(`${new Date().toISOString()} ${line}\n`);
  await loadAgent(name)({ settings: readSettings(options.settings), args, signal, say });
}

function isAgentName(name: string): name is AgentName {
  return agentNames.some((known) => known === name);
}
