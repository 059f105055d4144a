import { describe, expect, it } from "vitest";
import { readExisting } from "../../components/adoption/resource-options";

const failing = (message: string) => () => Promise.reject(new Error(message));

describe("readExisting", () => {
  it("gives what is there, and nothing for what is not", async () => {
    expect(await readExisting(async () => 1)).toBe(1);
    for (const message of [
      'Code="ResourceNotFound" Status=404 Message="The Resource was not found."',
      'Code="ResourceGroupNotFound" Message="Resource group could not be found."',
      "Status=404 Code=NotFound",
    ]) {
      expect(await readExisting(failing(message))).toBeUndefined();
    }
  });

  it("passes on every other failure: what cannot be read must not be taken for absent", async () => {
    for (const message of ["Code=AuthorizationFailed Status=403", "connection reset", "timeout after 40400 ms"]) {
      await expect(readExisting(failing(message))).rejects.toThrow(message);
    }
  });
});
