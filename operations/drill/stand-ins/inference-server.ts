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
