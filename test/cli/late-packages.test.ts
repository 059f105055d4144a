import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { repository, typescriptLoader } from "./run-command";

const program = `
  const { runtime } = require("@pulumi/pulumi");
  const loaded = () => ["typescript", "@npmcli/arborist"].filter((name) => require.cache[require.resolve(name)] !== undefined);
  const before = loaded();
  Promise.all([runtime.serializeFunction((a) => a + 1), runtime.computeCodePaths()]).then(([{ text }, paths]) =>
    console.log(JSON.stringify({ before, after: loaded(), text, paths: paths.size })));`;

it("the SDK loads npm and the compiler when it sends a function away, and not before", () => {
  const output = execFileSync(process.execPath, ["--require", typescriptLoader, "-e", program], {
    cwd: repository,
    encoding: "utf8",
    // Sending a function away looks at all of Node's modules, and Node warns of the old ones.
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(JSON.parse(output)).toEqual({
    before: [],
    after: ["typescript", "@npmcli/arborist"],
    text: expect.stringContaining("a + 1"),
    paths: expect.any(Number),
  });
});
