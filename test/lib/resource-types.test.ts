import { expect, it } from "vitest";
import { privateServices } from "../../lib/private-services";
import { exportHint, isStateful } from "../../lib/resource-types";

it("every service that takes private endpoints says how to take out what it holds", () => {
  expect(Object.values(privateServices).filter(({ type }) => !isStateful(type))).toEqual([]);
});

it("a type is known by its versioned tokens, too", () => {
  const account = "azure-native:storage:StorageAccount";
  expect(exportHint("azure-native:storage/v20230101:StorageAccount")).toBe(exportHint(account));
  expect(isStateful("azure-native:app:ContainerApp")).toBe(false);
});
