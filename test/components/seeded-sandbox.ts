import { expect } from "vitest";
import type { StackContext } from "../../components/context/stack-context";
import type { ResourceState } from "../../sandbox/engine/plan/resource-state";
import { MemoryWorld } from "../../sandbox/world/world";
import { type Deployed, SandboxDeployment } from "../sandbox/deploy/sandbox-deployment";
import { sandboxSeed } from "../sandbox/world/sandbox-seed";

/** The account and zones of `sandbox/world.yaml`. */
export const seeded = {
  accountId: "5a1d0c0de0000000000000000000acc1",
  alaiZone: { id: "c0de0000000000000000000000000001", domain: "alai.no" },
  bilkoZone: { id: "c0de0000000000000000000000000003", domain: "bilko.io" },
  kenyhotZone: { id: "c0de0000000000000000000000000005", domain: "kenyhot.pro" },
} as const;

export const lasting: StackContext = {
  project: "alai",
  environment: "prod",
  lasting: true,
  location: "swedencentral",
  tags: { Project: "alai", Environment: "prod", ManagedBy: "pulumi", Team: "platform", CostCenter: "infra" },
};

/** A stack that may be destroyed again. */
export const passing: StackContext = { ...lasting, environment: "preview", lasting: false };

/** A deployment over the clouds as they are before anything is deployed. */
export class SeededSandbox {
  readonly world = new MemoryWorld(sandboxSeed());
  readonly deployment = this.another();

  /** A stack of somebody else in the same clouds. */
  another(): SandboxDeployment {
    return new SandboxDeployment({ world: this.world });
  }

  upTwice(program: () => unknown): Promise<Deployed> {
    return this.deployment.upTwice(program);
  }

  /** The resources of the state of one type, by logical name. */
  async resources(type: string): Promise<Map<string, ResourceState>> {
    const all = await this.deployment.resources();
    const found = all.filter((resource) => resource.type === type);
    return new Map(found.map((resource) => [resource.urn.split("::").at(-1) ?? "", resource]));
  }

  /** What the program's refusal says, without its stack. */
  async refusal(program: () => unknown): Promise<string> {
    const { result, messages } = await this.deployment.preview(program);
    expect(result).toBe("failed");
    return messages.join("\n");
  }

  /** The ids of what exists of a kind. */
  existing(kind: string): string[] {
    return this.world
      .objects()
      .filter((object) => object.kind === kind)
      .map((object) => object.id);
  }
}
