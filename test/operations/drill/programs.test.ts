import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installAzurite } from "../../../operations/drill/local-drill";
import { StoreLink } from "../../../operations/drill/store/store-link";
import { MissingProgramError, runProgram } from "../../../operations/programs/external-program";
import { findLitestream } from "../../../operations/programs/litestream-program";
import { buildPulumi } from "../../../operations/programs/pulumi-program";

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "dp-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function program(folder: string, name: string, script: string): string {
  mkdirSync(join(directory, folder), { recursive: true });
  const path = join(directory, folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("finding Litestream", () => {
  const cache = () => join(directory, "cache");

  it("takes the one that is named, before the one on the PATH", async () => {
    const named = program("named", "litestream", "true");
    const onPath = program("path", "litestream", "true");
    expect(await findLitestream(cache(), { LITESTREAM: named, PATH: join(directory, "path") })).toBe(named);
    expect(await findLitestream(cache(), { PATH: `/nowhere:${join(directory, "path")}` })).toBe(onPath);
  });

  it("builds the pinned release where Go is, once", async () => {
    const go =
      'echo "$@" >> "$GOBIN/../go-calls"; printf "#!/bin/sh\\n" > "$GOBIN/litestream"; chmod +x "$GOBIN/litestream"';
    program("go", "go", go);
    const environment = { PATH: `${join(directory, "go")}:/usr/bin:/bin` };
    const built = await findLitestream(cache(), environment);
    expect(built).toBe(join(cache(), "litestream-0.5.16", "litestream"));
    expect(await findLitestream(cache(), { PATH: "" })).toBe(built);
    const calls = await runProgram("cat", [join(cache(), "go-calls")]);
    expect(calls.stdout).toBe("install github.com/benbjohnson/litestream/cmd/litestream@v0.5.16\n");
  });

  it("says what to install when there is neither, and why a build failed", async () => {
    const empty = join(directory, "empty");
    await expect(findLitestream(empty, { PATH: "" })).rejects.toThrow(
      /Litestream 0\.5\.16[\s\S]*brew install litestream/,
    );
    program("broken", "go", 'echo "no network" >&2; exit 1');
    await expect(findLitestream(empty, { PATH: join(directory, "broken") })).rejects.toThrow(/no network/);
    await expect(findLitestream(empty, { LITESTREAM: "/nowhere" })).rejects.toThrow(MissingProgramError);
  });
});

describe("the Pulumi CLI", () => {
  const cache = () => join(directory, "pulumi-cache");
  const build = (PATH: string, said: string[] = []) =>
    buildPulumi({ cache: cache(), say: (line) => said.push(line), environment: { PATH } });

  it("needs Go, and says so; a build that fails says why", async () => {
    await expect(build("")).rejects.toThrow(/Pulumi CLI 3\.260\.0.*no go on the PATH\. Install Go/);
    await expect(build("")).rejects.toThrow(MissingProgramError);
    program("broken-go", "go", 'echo "go: downloading a" >&2; echo "no network" >&2; exit 1');
    await expect(build(join(directory, "broken-go"))).rejects.toThrow(/cannot be built:\nno network$/);
  });

  it("is built once, in a module that requires its version", async () => {
    program("go", "go", 'echo "$@" > called; echo built > pulumi');
    const said: string[] = [];
    const built = await build(`${join(directory, "go")}${delimiter}${process.env.PATH}`, said);
    expect(built).toBe(join(cache(), "pulumi-3.260.0", "pulumi"));
    expect(readFileSync(built, "utf8")).toBe("built\n");
    expect(readFileSync(join(cache(), "pulumi-3.260.0/module/go.mod"), "utf8")).toContain("pkg/v3 v3.260.0");
    expect(readFileSync(join(cache(), "pulumi-3.260.0/module/called"), "utf8")).toContain("version.Version=v3.260.0");
    expect(await build("")).toBe(built);
    expect(said).toHaveLength(1);
  });
});

it("a given installation without Azurite is refused by name", async () => {
  process.env.AZURITE = directory;
  try {
    await expect(installAzurite(directory)).rejects.toThrow(/unset AZURITE/);
  } finally {
    delete process.env.AZURITE;
  }
});

describe("running a program", () => {
  it("tells a missing program and one that takes too long by their exit codes", async () => {
    expect(await runProgram("/nowhere/program", [])).toMatchObject({ exitCode: 127 });
    expect(await runProgram("sleep", ["30"], { timeoutSeconds: 0.1 })).toMatchObject({ exitCode: 124 });
  });
});

describe("the link to the store", () => {
  it("passes, refuses, swallows, and passes again", async () => {
    const server = createServer((_request, response) => response.end("here"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const link = await StoreLink.open(typeof address === "object" && address !== null ? address.port : 0);
    const ask = (patienceMs = 10_000) =>
      fetch(`http://127.0.0.1:${link.port}/`, { signal: AbortSignal.timeout(patienceMs) });
    expect(await (await ask()).text()).toBe("here");
    link.set("refused");
    await expect(ask()).rejects.toThrow("fetch failed");
    link.set("silent");
    await expect(ask(300)).rejects.toThrow(/timeout/);
    link.set("open");
    expect(await (await ask()).text()).toBe("here");
    await link.close();
    await new Promise((resolve) => server.close(resolve));
  });
});
