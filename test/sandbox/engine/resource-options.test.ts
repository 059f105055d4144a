import * as pulumi from "@pulumi/pulumi";
import { Provider } from "@pulumi/random/provider";
import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import { type PropertyMap, Secret } from "../../../deployment/values/property-value";
import type { DeleteRequest } from "../../../sandbox/engine/provider";
import { type Deployed, SandboxDeployment } from "../deploy/sandbox-deployment";
import { EchoProvider } from "./echo-provider";

/** Replaces when `prefix` changes; notes what it is asked to delete. */
class NotingProvider extends EchoProvider {
  static readonly deleted: string[] = [];
  constructor(
    packageName: string,
    override readonly acceptsSecrets = true,
  ) {
    super(packageName, ["prefix"]);
  }

  override async delete(request: DeleteRequest): Promise<void> {
    NotingProvider.deleted.push(request.name);
    return super.delete(request);
  }

  override async read({ id, inputs }: Parameters<EchoProvider["read"]>[0]): ReturnType<EchoProvider["read"]> {
    if (id.startsWith("existing")) return { id, inputs: { length: 7 }, outputs: { length: 7 } };
    return { id, inputs, outputs: inputs };
  }
}

function sandboxOf(
  options: { acceptsSecrets?: boolean; stackOutputs?: Record<string, PropertyMap> } = {},
): SandboxDeployment {
  NotingProvider.deleted.length = 0;
  const { acceptsSecrets = true, stackOutputs = {} } = options;
  return new SandboxDeployment({ stackOutputs, providers: (name) => new NotingProvider(name, acceptsSecrets) });
}

class Group extends pulumi.ComponentResource {
  readonly pet: RandomPet;
  constructor(name: string, opts?: pulumi.ComponentResourceOptions, prefix = "a") {
    super("demo:index:Group", name, {}, opts);
    this.pet = new RandomPet(`${name}-pet`, { length: 1, prefix }, { parent: this });
    this.registerOutputs({ length: this.pet.length });
  }
}

/** What was done to one resource, in order. */
function operations(deployed: Deployed, name: string): string[] {
  return deployed.events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent?.metadata.urn.endsWith(`::${name}`) ? [resourcePreEvent.metadata.op] : [],
  );
}

describe("what a resource has from others", () => {
  it("is its parent's retainOnDelete and deletedWith, unless it says otherwise", async () => {
    const sandbox = new SandboxDeployment({ providers: (name) => new EchoProvider(name) });
    await sandbox.up(() => {
      const other = new RandomPet("other", {});
      const parent = new RandomPet("parent", {}, { retainOnDelete: true, deletedWith: other });
      new RandomPet("child", {}, { parent });
      new RandomPet("own", {}, { parent, retainOnDelete: false });
    });
    const states = new Map((await sandbox.resources()).map((state) => [state.urn.split("::").at(-1), state]));
    expect(states.get("child")).toMatchObject({ retainOnDelete: true, deletedWith: states.get("other")?.urn });
    expect(states.get("own")?.retainOnDelete).toBe(false);
  });

  it("is no part of the engine in a default provider of which no plugin was asked", async () => {
    class Plain extends pulumi.CustomResource {
      constructor(version?: string) {
        super("plain:index:Thing", `thing${version ?? ""}`, {}, version === undefined ? {} : { version });
      }
    }
    const sandbox = new SandboxDeployment({ providers: (name) => new EchoProvider(name) });
    await sandbox.up(() => {
      new Plain();
      new Plain("1.2.3");
    });
    const inputs = (await sandbox.resources())
      .filter(({ type }) => type === "pulumi:providers:plain")
      .map((state) => state.inputs);
    expect(inputs).toEqual(expect.arrayContaining([{}, { version: "1.2.3", __internal: {} }]));
  });
});

describe("aliases", () => {
  it("of a parent carry its children along, whose names follow its own", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void new Group("old"));
    const renamed = await sandbox.up(() => void new Group("new", { aliases: [{ name: "old" }] }));
    expect(renamed.changes).toEqual({ same: 3 });
    expect(NotingProvider.deleted).toEqual([]);
  });

  it("follow a resource to another parent and type of parent", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void new RandomPet("pet", { length: 1 }));
    const moved = await sandbox.up(() => {
      const group = new Group("group");
      new RandomPet("pet", { length: 1 }, { parent: group, aliases: [{ parent: pulumi.rootStackResource }] });
    });
    expect(operations(moved, "pet")).toEqual(["same"]);
    const state = (await sandbox.resources()).filter(({ urn }) => urn.endsWith("::pet"));
    expect(state.map(({ urn }) => urn)).toEqual([
      "urn:pulumi:dev::test::demo:index:Group$random:index/randomPet:RandomPet::pet",
    ]);
  });

  it("that two resources claim are refused", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void new RandomPet("old", { length: 1 }));
    const refused = await sandbox.tryUp(() => {
      for (const name of ["one", "two"]) new RandomPet(name, { length: 1 }, { aliases: [{ name: "old" }] });
    });
    expect(refused.result).toBe("failed");
    expect(refused.messages.join()).toMatch(/Duplicate resource alias '.*::old'/);
  });
});

describe("deletions", () => {
  it("leave what is retained, and what goes with another", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => {
      const whole = new RandomPet("whole", { length: 1 });
      new RandomPet("part", { length: 1 }, { deletedWith: whole });
      new RandomPet("retained", { length: 1 }, { retainOnDelete: true });
      new RandomPet("plain", { length: 1 });
    });
    expect((await sandbox.destroy()).changes).toEqual({ delete: 5 });
    expect([...NotingProvider.deleted].sort()).toEqual(["plain", "whole"]);
  });

  it("of a part alone delete it", async () => {
    const sandbox = sandboxOf();
    const whole = () => new RandomPet("whole", { length: 1 });
    await sandbox.up(() => void new RandomPet("part", { length: 1 }, { deletedWith: whole() }));
    await sandbox.up(() => void whole());
    expect(NotingProvider.deleted).toEqual(["part"]);
  });

  it("come in the reverse order of what needs what", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => {
      const first = new RandomPet("first", { length: 1 });
      const second = new RandomPet("second", { length: first.length });
      new RandomPet("third", { length: 1 }, { dependsOn: second });
    });
    await sandbox.destroy();
    expect(NotingProvider.deleted).toEqual(["third", "second", "first"]);
  });

  it("of what is protected are refused, together with what it needs", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => {
      const base = new RandomPet("base", { length: 1 });
      new RandomPet("kept", { length: base.length }, { protect: true });
      new RandomPet("other", { length: 1 });
    });
    const refused = await sandbox.tryDestroy();
    expect([refused.result, refused.failure]).toEqual(["failed", "resource"]);
    expect(NotingProvider.deleted).toEqual(["other"]);
    expect(refused.messages.join()).toContain("cannot be deleted\nbecause it is protected");
  });
});

describe("replacements", () => {
  const pet = (prefix: string, opts: pulumi.CustomResourceOptions = {}) =>
    new RandomPet("pet", { length: 1, prefix }, opts);

  it("create first, and delete at the end", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void pet("a"));
    const replaced = await sandbox.up(() => void pet("b"));
    expect(operations(replaced, "pet")).toEqual(["create-replacement", "replace", "delete-replaced"]);
  });

  it("delete first when told so", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void pet("a"));
    const replaced = await sandbox.up(() => void pet("b", { deleteBeforeReplace: true }));
    expect(operations(replaced, "pet")).toEqual(["delete-replaced", "replace", "create-replacement"]);
  });

  it("happen along with another resource's when told so", async () => {
    const sandbox = sandboxOf();
    const program = (prefix: string) => () => {
      const leader = pet(prefix);
      new RandomPet("follower", { length: 1 }, { replaceWith: [leader] });
    };
    await sandbox.up(program("a"));
    const replaced = await sandbox.up(program("b"));
    expect(replaced.changes).toEqual({ replace: 2, same: 1 });
  });

  it("that fail halfway are finished by the next run", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void pet("a", { deleteBeforeReplace: true }));
    const create = NotingProvider.prototype.create;
    NotingProvider.prototype.create = async () => {
      throw new Error("not now");
    };
    const failed = await sandbox.tryUp(() => void pet("b", { deleteBeforeReplace: true }));
    NotingProvider.prototype.create = create;
    expect(failed.result).toBe("failed");
    expect((await sandbox.resources()).map(({ pendingReplacement }) => pendingReplacement)).toContain(true);
    const finished = await sandbox.up(() => void pet("b", { deleteBeforeReplace: true }));
    expect(operations(finished, "pet")).toEqual(["replace", "create-replacement"]);
    expect((await sandbox.resources()).map(({ pendingReplacement }) => pendingReplacement)).not.toContain(true);
  });
});

describe("what exists already", () => {
  it("is imported in place of what the stack had", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void new RandomPet("pet", { length: 7 }));
    const imported = await sandbox.up(() => void new RandomPet("pet", { length: 7 }, { import: "existing-pet" }));
    expect(operations(imported, "pet")).toEqual(["import-replacement", "replace", "delete-replaced"]);
    const again = await sandbox.up(() => void new RandomPet("pet", { length: 7 }, { import: "existing-pet" }));
    expect(again.changes).toEqual({ same: 2 });
  });

  it("is read in place of what the stack had, and made anew when it is owned again", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void new RandomPet("pet", { length: 7 }));
    const read = await sandbox.up(() => ({ length: RandomPet.get("pet", "existing-pet").length }));
    expect(operations(read, "pet")).toEqual(["read-replacement", "replace", "delete-replaced"]);
    expect(read.outputs).toEqual({ length: 7 });
    const owned = await sandbox.up(() => void new RandomPet("pet", { length: 7 }));
    expect(operations(owned, "pet")).toEqual(["create-replacement", "replace", "discard-replaced"]);
  });

  it("in another stack is read by reference, with its secrets", async () => {
    const stackOutputs = { "organization/other/dev": { zone: "z", token: new Secret("canary-token") } };
    const sandbox = sandboxOf({ stackOutputs });
    const deployed = await sandbox.up(() => {
      const other = new pulumi.StackReference("organization/other/dev");
      return { zone: other.requireOutput("zone"), token: other.requireOutput("token") };
    });
    expect(deployed.outputs).toEqual({ zone: "z", token: "canary-token" });
    expect(await sandbox.stateText()).not.toContain("canary-token");
    expect(JSON.stringify(deployed.events)).not.toContain("canary-token");
  });

  it("in a stack that was never deployed is an error", async () => {
    const refused = await sandboxOf().tryUp(() => void new pulumi.StackReference("organization/none/dev"));
    expect([refused.failure, refused.messages.join()]).toEqual([
      "resource",
      expect.stringContaining('unknown stack "organization/none/dev"'),
    ]);
  });
});

describe("secrets", () => {
  it.each([true, false])(
    "stay secret in outputs, state and events (a provider that takes them: %s)",
    async (acceptsSecrets) => {
      const sandbox = sandboxOf({ acceptsSecrets });
      const deployed = await sandbox.up(() => {
        const pet = new RandomPet("pet", { length: 1, keepers: { deep: pulumi.secret("canary-keeper") } });
        return { keepers: pet.keepers, own: pulumi.secret({ nested: ["canary-output"] }) };
      });
      expect(deployed.outputs).toEqual({ keepers: { deep: "canary-keeper" }, own: { nested: ["canary-output"] } });
      const everything = (await sandbox.stateText()) + JSON.stringify(deployed.events);
      expect(everything).not.toContain("canary");
      const state = (await sandbox.resources()).find(({ urn }) => urn.endsWith("::pet"));
      expect(state?.outputs.keepers).toMatchObject({ deep: new Secret("canary-keeper") });
      const again = await sandbox.up(() => {
        const pet = new RandomPet("pet", { length: 1, keepers: { deep: pulumi.secret("canary-keeper") } });
        return { keepers: pet.keepers };
      });
      expect(again.changes).toEqual({ same: 2 });
    },
  );

  it("are made of outputs that the program names", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(
      () => void new RandomPet("pet", { length: 1, prefix: "canary" }, { additionalSecretOutputs: ["prefix"] }),
    );
    const state = (await sandbox.resources()).find(({ urn }) => urn.endsWith("::pet"));
    expect([state?.inputs.prefix, state?.outputs.prefix]).toEqual(["canary", new Secret("canary")]);
  });
});

describe("the rest of what a program can say", () => {
  it("reaches the state", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => {
      const options = { customTimeouts: { create: "5m", delete: "1h" }, ignoreChanges: ["length"], protect: true };
      new RandomPet("pet", { length: 1 }, options);
    });
    const stored = JSON.parse(await sandbox.stateText()).deployment.resources;
    expect(stored.at(-1)).toMatchObject({
      customTimeouts: { create: 300, delete: 3600 },
      ignoreChanges: ["length"],
      protect: true,
    });
    const later = await sandbox.up(() => {
      new RandomPet("pet", { length: 9 }, { ignoreChanges: ["length"] });
    });
    expect(later.changes).toEqual({ same: 2 });
  });

  it("includes explicit providers, and resources that move to another one in place", async () => {
    const sandbox = sandboxOf();
    await sandbox.up(() => void new RandomPet("pet", { length: 1 }));
    const moved = await sandbox.up(() => {
      new RandomPet("pet", { length: 1 }, { provider: new Provider("own") });
    });
    expect(operations(moved, "pet")).toEqual(["same"]);
    const state = (await sandbox.resources()).find(({ urn }) => urn.endsWith("::pet"));
    expect(state?.provider).toContain("pulumi:providers:random::own::");
  });

  it("includes resources as properties and outputs of a preview that are not known yet", async () => {
    const sandbox = sandboxOf();
    const planned = await sandbox.preview(() => {
      const pet = new RandomPet("pet", { length: 1 });
      return { id: pet.id, reference: pet, length: pet.length };
    });
    expect(planned.result).toBe("succeeded");
    const stack = planned.events.findLast(
      ({ resOutputsEvent }) => resOutputsEvent?.metadata.type === "pulumi:pulumi:Stack",
    );
    expect(stack?.resOutputsEvent?.metadata.new?.outputs).toMatchObject({
      id: "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
      length: 1,
    });
  });
});
