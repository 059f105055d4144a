import { AggregateAuthenticationError, AuthenticationError, CredentialUnavailableError } from "@azure/identity";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { azureToken, isSignInError } from "../../../lib/azure/sign-in";
import { LocalServer } from "../../operations/drift/local-server";

describe("errors of a sign-in", () => {
  it.each([
    new AggregateAuthenticationError([new Error("none")]),
    new AuthenticationError(401, "no"),
    new CredentialUnavailableError("az is not here"),
  ])("are known by what the package throws: $name", (error) => {
    expect(isSignInError(error)).toBe(true);
  });

  it("are told from others", () => {
    expect(isSignInError(new Error("disk full"))).toBe(false);
  });
});

/** The managed identity of App Service is a plain HTTP endpoint that the environment names. */
describe("a token", () => {
  let server: LocalServer;
  beforeEach(async () => {
    server = await LocalServer.start(() => ({
      status: 200,
      body: { access_token: "given", expires_on: "4102444800", resource: "x", token_type: "Bearer" },
    }));
    vi.stubEnv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential");
    vi.stubEnv("IDENTITY_ENDPOINT", `${server.url}/token`);
    vi.stubEnv("IDENTITY_HEADER", "secret");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await server.close();
  });

  it("is that of the workload's identity, for Azure Resource Manager", async () => {
    expect(await azureToken()).toBe("given");
    expect(server.received[0]?.url).toContain(encodeURIComponent("https://management.azure.com"));
  });

  it("that nobody gives is an error that says what to do", async () => {
    vi.stubEnv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential");
    await expect(azureToken()).rejects.toThrow(/^Azure gives no token: .*; sign in with az login$/);
  });
});
