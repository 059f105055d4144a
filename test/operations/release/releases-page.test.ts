import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { imageBehaviours } from "../../../sandbox/clouds/azure-native/app/container-app-calls";
import { repository } from "../../cli/run-command";
import { runHere } from "../../cli/run-here";
import { LocalServer } from "../delivery/local-server";

const page = readFileSync(join(repository, "docs/releases.md"), "utf8");
const lines = (page.split("```sh\n")[1] ?? "").split("\n```")[0]?.split("\n") ?? [];

it("the page of releases can be followed, and a preview after a release changes nothing", async () => {
  for (const digits of Object.keys(imageBehaviours)) expect(page).toContain(`\`${digits}\``);
  const SANDBOX_DIRECTORY = mkdtempSync(join(tmpdir(), "releases-"));
  const channel = await LocalServer.start(() => ({ status: 200 }));
  const run = (line: string) =>
    runHere(
      line
        .replace(/^npm (?:run )?/, "")
        .split(" ")
        .filter((word) => word !== "--"),
      { SANDBOX_DIRECTORY, RELEASE_SLACK_WEBHOOK: channel.url },
    );
  try {
    const outputs = new Map<string, string>();
    for (const line of lines) {
      const { exitCode, output, errors } = await run(line);
      expect([line, exitCode, exitCode === 0 ? "" : output + errors]).toEqual([line, 0, ""]);
      outputs.set(line, output);
    }
    expect(lines.filter((line) => line.includes("--expect-no-changes"))).toHaveLength(2);
    expect(outputs.get("npm run releases -- --stack dev")).toMatch(/mc-api +sha256:a20.*mc-api--0000004 +released +20/);

    const digest = (digits: string) => `--digest sha256:${digits.padEnd(64, "0")}`;
    const wrong = await run("npm run release -- --stack dev --service mc-api --digest sha256:12 --yes");
    expect([wrong.exitCode, wrong.errors + wrong.output]).toEqual([
      2,
      expect.stringContaining("64 hexadecimal digits"),
    ]);
    const stranger = await run(`npm run release -- --stack dev --service mc-ap ${digest("a3")} --yes`);
    expect([stranger.exitCode, stranger.errors + stranger.output]).toEqual([2, expect.stringContaining("mc-api")]);
    const failed = await run(
      `npm run release -- --stack dev --service mc-api ${digest("fa1")} --service auth-api ${digest("a1")} --yes`,
    );
    expect([failed.exitCode, failed.output]).toEqual([4, expect.stringContaining("auth-api not begun")]);
    const told = channel.seen.map(({ body }): string => JSON.parse(body).text);
    expect(told).toHaveLength(lines.filter((line) => /npm run (release|rollback) /.test(line)).length + 1);
    expect(told.at(-1)).toMatch(/^:warning: dev, by .*\n• mc-api rolled-back: .*\n• auth-api not begun: /);
    // Azure quotes what it was sent: neither the channel nor a program is told what is secret of it.
    const {
      EmulatedContainerApps: Loaded,
    }: typeof import("../../../sandbox/clouds/azure-native/app/container-app-calls") = createRequire(__filename)(
      join(repository, "sandbox/clouds/azure-native/app/container-app-calls.ts"),
    );
    const quotes = Object.assign(new Error(`BadRequest: ${channel.url}`), { status: 400 });
    const refused = vi.spyOn(Loaded.prototype, "change").mockRejectedValueOnce(quotes);
    const quoted = await run(`npm run release -- --stack dev --service mc-api ${digest("a7")} --yes --json`);
    refused.mockRestore();
    expect(JSON.parse(quoted.output).services[0].text).toContain("BadRequest: [secret]");
    expect(JSON.parse(channel.seen.at(-1)?.body ?? "").text).toContain("BadRequest: [secret]");
    expect(quoted.output + quoted.errors).not.toContain(channel.url);
    expect((await run("npm run preview -- --stack dev --expect-no-changes")).exitCode).toBe(0);
    const { output } = await run("npm run releases -- --stack dev --json");
    expect(JSON.parse(output)).toMatchObject({
      services: expect.arrayContaining([
        expect.objectContaining({ service: "mc-api", digest: `sha256:${"a1".padEnd(64, "0")}`, phase: "rolled-back" }),
      ]),
    });
  } finally {
    await channel.stop();
    rmSync(SANDBOX_DIRECTORY, { recursive: true, force: true });
  }
});
