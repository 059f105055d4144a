import { afterEach, expect, it, vi } from "vitest";
import { writeDocument } from "../../cli/command";
import { terminalOf } from "../../deployment/display/terminal";

afterEach(() => vi.unstubAllEnvs());

it("a document has no secret of the environment, in whatever words services tell of things, and stays JSON", () => {
  vi.stubEnv("CLOUD_TOKEN", 'canary "4711"');
  const written: string[] = [];
  const output = terminalOf({ write: (text) => written.push(text) }, {});
  writeDocument({ output }, { deliveries: [{ said: 'sent {"key":"canary \\"4711\\""}', arrived: false }] });
  expect(JSON.parse(written.join(""))).toEqual({ deliveries: [{ said: 'sent {"key":"[secret]"}', arrived: false }] });
});
