import { describe, expect, it } from "vitest";
import { briefOutputLines } from "../../../deployment/display/stack-outputs";

describe("brief outputs", () => {
  it("are values and lists of values, one a line; what is made for programs is named", () => {
    const sites = ["one", "two", "three", "four"].map((name) => `https://${name}.example.com`);
    const smokeChecks = [{ name: "api", url: "https://api.example.com" }];
    expect(briefOutputLines({ vaultUri: "https://vault.example.com/", sites, smokeChecks, port: 5432 })).toEqual([
      "Outputs (the command outputs shows smokeChecks, too):",
      "    port    : 5432",
      '    sites   : "https://one.example.com", and 3 more',
      '    vaultUri: "https://vault.example.com/"',
    ]);
  });

  it("are nothing for a stack without outputs", () => {
    expect(briefOutputLines({})).toEqual([]);
    expect(briefOutputLines(undefined)).toEqual([]);
  });
});
