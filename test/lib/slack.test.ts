import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { postToSlack } from "../../lib/slack";
import { type Answer, LocalServer } from "../operations/drift/local-server";

let server: LocalServer;
let answer: Answer;

beforeEach(async () => {
  answer = { status: 200, body: "ok" };
  server = await LocalServer.start(() => answer);
});
afterEach(() => server.close());

const posted = (): unknown[] => server.received.map(({ body }) => JSON.parse(body));

describe("a message to a Slack channel", () => {
  it("posts the text as JSON", async () => {
    expect(await postToSlack(`${server.url}/hook`, { text: "anvil answers again" })).toBeUndefined();
    expect(posted()).toEqual([{ text: "anvil answers again" }]);
  });

  it("escapes what Slack would read as a mention or a link", async () => {
    await postToSlack(server.url, { text: "container <!channel> & <https://evil.example|log in>" });
    expect(posted()).toEqual([{ text: "container &lt;!channel&gt; &amp; &lt;https://evil.example|log in&gt;" }]);
  });

  it("calls the whole channel when the caller says so, and only then", async () => {
    await postToSlack(server.url, { text: "<!here> drift", callsChannel: true });
    expect(posted()).toEqual([{ text: "<!channel> &lt;!here&gt; drift" }]);
  });

  it("names the channel for webhooks of the older kind", async () => {
    await postToSlack(server.url, { text: "down", channel: "#infra-alerts" });
    expect(posted()).toEqual([{ channel: "#infra-alerts", text: "down" }]);
  });

  it("returns why Slack did not take it, without the address", async () => {
    answer = { status: 404, body: "no_team" };
    expect(await postToSlack(`${server.url}/secret-path`, { text: "x" })).toBe("Slack answered 404");
    expect(await postToSlack("http://127.0.0.1:1/secret-path", { text: "x" })).toBe("Slack did not answer (TypeError)");
  });
});
