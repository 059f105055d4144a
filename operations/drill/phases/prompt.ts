import { type DrillHost, quoted } from "../hosts/drill-host";

/** Asks a server for its models, and the first of them to answer a prompt. Runs on the host, where the server listens. */
const program = `
const [url] = process.argv.slice(1);
const signal = () => AbortSignal.timeout(60_000);
const { models } = await (await fetch(url + "/api/tags", { signal: signal() })).json();
const body = JSON.stringify({ model: models[0].name, prompt: "Say that you work.", stream: false });
const answer = await (await fetch(url + "/api/generate", { method: "POST", body, signal: signal() })).json();
process.stdout.write(answer.response);
`;

/** What a host's inference server answers to a test prompt; undefined when it does not. */
export async function promptAnswer(host: DrillHost, url: string): Promise<string | undefined> {
  const words = [host.settings.programs.node, "--input-type=module", "-e", program, url];
  const { exitCode, stdout } = await host.shell(words.map(quoted).join(" "));
  return exitCode === 0 && stdout.trim() !== "" ? stdout.trim().slice(0, 200) : undefined;
}
