import { bodyOf, LocalServer } from "./local-server";

/** Stands in for a host's inference server: lists its models, and answers a prompt by naming the host. */
export function inferenceServer(host: string, address: string, port: number): LocalServer {
  return new LocalServer(
    async (request, response) => {
      const path = `${request.method} ${request.url}`;
      const answer = await answerTo(path, () => bodyOf(request), host);
      response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(answer ?? { error: `nothing is known of ${path}` }));
    },
    address,
    port,
  );
}

async function answerTo(path: string, body: () => Promise<string>, host: string): Promise<object | undefined> {
  if (path === "GET /api/tags") return { models: [{ name: "llama3.1:8b", model: "llama3.1:8b" }] };
  if (path !== "POST /api/generate") return undefined;
  const { prompt } = JSON.parse(await body()) as { readonly prompt?: string };
  return { model: "llama3.1:8b", response: `${host} answers: ${prompt ?? ""}`, done: true };
}

/** Whether a test prompt is answered, and by whom. @returns the text, or undefined when there is none within 5 s */
export async function promptAnswer(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${url}/api/generate`, {
      method: "POST",
      body: JSON.stringify({ model: "llama3.1:8b", prompt: "Say that you work.", stream: false }),
      signal: AbortSignal.timeout(5_000),
    });
    const answer: unknown = await response.json();
    if (!response.ok || typeof answer !== "object" || answer === null || !("response" in answer)) return undefined;
    return String(answer.response);
  } catch {
    return undefined;
  }
}
