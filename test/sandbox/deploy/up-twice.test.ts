import { ApplicationSecurityGroup } from "@pulumi/azure-native/network";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { RandomId } from "@pulumi/random";
import { expect, it } from "vitest";
import { SandboxDeployment } from "./sandbox-deployment";

const location = "swedencentral";

it("a second run that changes nothing is what a test wants", async () => {
  const { changes } = await new SandboxDeployment().upTwice(() => new ResourceGroup("group", { location }));
  expect(changes).toEqual({ create: 2 });
});

it("a second run that changes something fails, naming it", async () => {
  let keeper = 0;
  const attempt = new SandboxDeployment().upTwice(() => {
    keeper += 1;
    return new RandomId("id", { byteLength: 4, keepers: { keeper: String(keeper) } });
  });
  await expect(attempt).rejects.toThrow(/the second run changed something: .*\n.*randomId:RandomId::id keepers/s);
});

it("a type that nobody models fails, by name", async () => {
  const attempt = new SandboxDeployment().upTwice(() => {
    const group = new ResourceGroup("group", { location });
    return new ApplicationSecurityGroup("apps", { resourceGroupName: group.name, location });
  });
  await expect(attempt).rejects.toThrow("the sandbox does not emulate azure-native:network:ApplicationSecurityGroup");
});
