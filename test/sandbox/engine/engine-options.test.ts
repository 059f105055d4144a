import * as pulumi from "@pulumi/pulumi";
import { RandomPet } from "@pulumi/random/randomPet";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../deployment/values/property-value";
import { versionProblem } from "../../../sandbox/engine/engine";
import type { DeleteRequest, DiffRequest } from "../../../sandbox/engine/provider";
import { type Deployed, SandboxDeployment } from "../deploy/sandbox-deployment";
import { EchoProvider } from "./echo-provider";

/** Replaces when `prefix` changes, leaves alone what is ignored, and notes what it is asked to delete. */
class NotingProvider extends EchoProvider {
  readonly deleted: string[] = [];
  constructor() {
    super("random", ["prefix"]);
  }

  override async diff(request: DiffRequest): ReturnType<EchoProvider["diff"]> {
    const kept = Object.entries(request.oldInputs).filter(([key]) => request.ignoreChanges.includes(key));
    return super.diff({ ...request, inputs: { ...request.inputs, ...Object.fromEntries(kept) } });
  }

  override async delete(request: DeleteRequest): Promise<void> {
    this.deleted.push(request.name);
    return super.delete(request);
  }
}

/** A resource with a list of maps, which pets have none of. */
class Ruleset extends pulumi.CustomResource {
  constructor(name: string, rules: readonly object[], opts?: pulumi.CustomResourceOptions) {
    super("random:index/randomPet:RandomPet", name, { rules }, opts);
  }
}

const pet = (name: string, prefix: pulumi.Input<string>, opts: pulumi.CustomResourceOptions = {}) =>
  new RandomPet(name, { length: 1, prefix }, opts);

function sandbox(): { deployment: SandboxDeployment; provider: NotingProvider } {
  const provider = new NotingProvider();
  return { deployment: new SandboxDeployment({ providers: () => provider }), provider };
}

/** What was done to one resource, in order. */
function operations(deployed: Deployed, name: string): string[] {
  return deployed.events.flatMap(({ resourcePreEvent }) =>
    resourcePreEvent?.metadata.urn.endsWith(`::${name}`) ? [resourcePreEvent.metadata.op] : [],
  );
}

async function stored(deployment: SandboxDeployment, name: string) {
  return (await deployment.resources()).find(({ urn }) => urn.endsWith(`::${name}`));
}

// The expectations are the real engine's: `resource/deploy/step_generator.go` of pulumi/pkg 3.260.0.
describe("ignoreChanges", () => {
  it("puts back what a growing list had, keeps what is new, and says so", async () => {
    const { deployment } = sandbox();
    const rule = (n: number, note: string) => ({ name: `r${n}`, note });
    const program = (rules: readonly object[]) => () =>
      void new Ruleset("edge", rules, { ignoreChanges: ["rules[*].note"] });
    await deployment.up(program([rule(1, "first")]));
    const grown = await deployment.up(program([rule(1, "changed"), rule(2, "second")]));
    expect((await stored(deployment, "edge"))?.inputs.rules).toEqual([rule(1, "first"), rule(2, "second")]);
    expect(grown.messages).toEqual([
      'cannot ignore changes in added or removed elements of the path: "rules[*].note"\n',
    ]);
    const again = await deployment.up(program([rule(1, "another"), rule(2, "another")]));
    expect([again.changes, again.messages]).toEqual([{ same: 2 }, []]);
  });
});

describe("ignoreChanges of a component", () => {
  it("decides whether it has changed, and puts nothing back", async () => {
    const { deployment } = sandbox();
    const program = (inputs: pulumi.Inputs) => () =>
      void new pulumi.ComponentResource("test:index:Group", "group", inputs, { ignoreChanges: ["*"] });
    await deployment.up(program({ kept: 1, left: 2 }));
    expect((await deployment.up(program({ kept: 3 }))).changes).toEqual({ same: 2 });
    expect((await stored(deployment, "group"))?.inputs).toEqual({ kept: 3 });
  });
});

describe("a refresh that finds a parent gone", () => {
  it("leaves its children without one", async () => {
    const { deployment, provider } = sandbox();
    await deployment.up(() => {
      const parent = pet("parent", "a");
      pet("child", "a", { parent: pet("between", "a", { parent }) });
    });
    const gone = (await stored(deployment, "between"))?.id ?? "";
    expect(provider.objects.delete(gone)).toBe(true);
    await deployment.refresh();
    expect(await stored(deployment, "between")).toBeUndefined();
    expect((await stored(deployment, "child"))?.parent).toBe("");
  });
});

describe("replacementTrigger", () => {
  const program = (replacementTrigger?: pulumi.Input<string>) => () =>
    void pet("pet", "a", replacementTrigger === undefined ? {} : { replacementTrigger });

  it("replaces when it changes, and only then", async () => {
    const { deployment } = sandbox();
    await deployment.up(program("one"));
    expect((await deployment.up(program("one"))).changes).toEqual({ same: 2 });
    const replaced = await deployment.up(program("two"));
    expect(operations(replaced, "pet")).toEqual(["create-replacement", "replace", "delete-replaced"]);
    expect((await deployment.up(program("two"))).changes).toEqual({ same: 2 });
  });

  it("that is new, or gone, replaces nothing", async () => {
    const { deployment } = sandbox();
    await deployment.up(program());
    expect((await deployment.up(program("one"))).changes).toEqual({ same: 2 });
    expect((await stored(deployment, "pet"))?.replacementTrigger).toBe("one");
    expect((await deployment.up(program())).changes).toEqual({ same: 2 });
  });

  it("that is secret is encrypted in the state", async () => {
    const { deployment } = sandbox();
    await deployment.up(program(pulumi.secret("canary")));
    expect(await deployment.stateText()).not.toContain("canary");
    expect((await stored(deployment, "pet"))?.replacementTrigger).toEqual(new Secret("canary"));
  });

  it("that a preview cannot know yet replaces", async () => {
    const { deployment } = sandbox();
    await deployment.up(program("one"));
    const planned = await deployment.preview(() => {
      const other = new RandomPet("other");
      pet("pet", "a", { replacementTrigger: other.id });
    });
    expect(planned.changes).toMatchObject({ replace: 1 });
  });
});

describe("a replacement that deletes first", () => {
  const program = (prefix: string) => () => {
    const base = pet("base", prefix, { deleteBeforeReplace: true });
    const keepers = { of: base.prefix.apply((known) => known ?? "") };
    new RandomPet("follower", { length: 1, keepers }, { replaceOnChanges: ["keepers"] });
    pet("steady", keepers.of, { ignoreChanges: ["prefix"] });
  };

  it("takes along what replaces on changes, and leaves what ignores them", async () => {
    const { deployment, provider } = sandbox();
    await deployment.up(program("a"));
    const replaced = await deployment.up(program("b"));
    expect(operations(replaced, "follower")).toEqual(["delete-replaced", "replace", "create-replacement"]);
    expect(operations(replaced, "steady")).toEqual(["same"]);
    expect(provider.deleted).toEqual(["follower", "base"]);
  });
});

describe("deletedWith", () => {
  it.each([false, true])(
    "is replaced with the other, without a deletion of its own (delete first: %s)",
    async (first) => {
      const { deployment, provider } = sandbox();
      const program = (prefix: string) => () => {
        const whole = pet("whole", prefix, { deleteBeforeReplace: first });
        new RandomPet("part", { length: 1 }, { deletedWith: whole });
      };
      await deployment.up(program("a"));
      const replaced = await deployment.up(program("b"));
      expect(replaced.changes).toEqual({ replace: 2, same: 1 });
      expect(provider.deleted).toEqual(["whole"]);
      expect((await deployment.up(program("b"))).changes).toEqual({ same: 3 });
    },
  );
});

describe("hideDiffs", () => {
  it("reach the state and the events", async () => {
    const { deployment } = sandbox();
    const program = (prefix: string) => () => void pet("pet", prefix, { hideDiffs: ["prefix"] });
    await deployment.up(program("a"));
    const replaced = await deployment.up(program("b"));
    expect(JSON.parse(await deployment.stateText()).deployment.resources.at(-1)).toMatchObject({
      hideDiff: ["prefix"],
    });
    expect((await stored(deployment, "pet"))?.hideDiffs).toEqual(["prefix"]);
    const step = replaced.events.find(({ resourcePreEvent }) => resourcePreEvent?.metadata.op === "replace");
    expect(step?.resourcePreEvent?.metadata.new).toMatchObject({ hideDiffs: ["prefix"] });
  });
});

describe("the version that a program asks for", () => {
  it.each([">=3.100.0", ">= 3.1.0 <4.0.0", "3.x", ">=99.0.0 || ==3.260.0", "!3.7.7"])(
    "is the engine's: %s",
    async (range) => {
      expect(versionProblem(range)).toBeUndefined();
    },
  );

  it.each([
    [">=99.0.0", "does not satisfy"],
    ["3.260.0 !3.260.0", "does not satisfy"],
    ["^3.0.0", 'cannot read "^3.0.0"'],
    ["", 'cannot read ""'],
  ])("is refused: %s", async (range, reason) => {
    expect(versionProblem(range)).toContain(reason);
  });

  it("fails the program, without a stack", async () => {
    const refused = await sandbox().deployment.tryUp(async () => {
      await pulumi.requirePulumiVersion(">=99.0.0");
      pet("pet", "a");
    });
    expect([refused.failure, refused.messages]).toEqual(["program", [`${versionProblem(">=99.0.0")}\n`]]);
    expect((await sandbox().deployment.resources()).some(({ urn }) => urn.endsWith("::pet"))).toBe(false);
  });
});

describe("a secret of the configuration that a program reads as plain", () => {
  it("is masked in properties, outputs and messages, and nothing else of its map is", async () => {
    const value = JSON.stringify({ user: "app", password: "canary" });
    const config = { "test:db": { secret: value, texts: ["canary"] } };
    const deployment = new SandboxDeployment({ providers: () => new NotingProvider(), config });
    const deployed = await deployment.up(() => {
      const { user, password } = new pulumi.Config("test").requireObject<Record<string, string>>("db");
      console.log(`as ${user} with ${password}`);
      pet("pet", `${user}:${password}`);
      return { user, list: [password] };
    });
    expect(JSON.stringify(deployed.events)).not.toContain("canary");
    expect(deployed.messages).toEqual(["as app with [secret]\n"]);
    const created = deployed.events.findLast(({ resOutputsEvent }) => resOutputsEvent?.metadata.urn.endsWith("::pet"));
    expect(created?.resOutputsEvent?.metadata.new?.outputs).toMatchObject({ prefix: "app:[secret]" });
    expect((await stored(deployment, "pet"))?.inputs.prefix).toBe("app:canary");
  });
});

describe("a hook of a resource", () => {
  it("is refused by its name", async () => {
    const refused = await sandbox().deployment.tryUp(() => {
      const hook = new pulumi.ResourceHook("before", async () => {});
      pet("pet", "a", { hooks: { beforeCreate: [hook] } });
    });
    expect(refused.failure).toBe("program");
    expect(refused.messages.join()).toMatch(/^the sandbox does not run hooks of resources; "before" is one\. .*\n$/);
  });
});

describe("a stash", () => {
  it("keeps the value that it was made with, until it is replaced", async () => {
    const { deployment } = sandbox();
    const program = (input: string, replacementTrigger?: string) => () => ({
      kept: new pulumi.Stash("stash", { input }, replacementTrigger === undefined ? {} : { replacementTrigger }).output,
    });
    expect((await deployment.up(program("one", "x"))).outputs).toEqual({ kept: "one" });
    const changed = await deployment.up(program("two", "x"));
    expect([changed.outputs, changed.changes]).toEqual([{ kept: "one" }, { same: 1, update: 1 }]);
    expect((await deployment.up(program("two", "y"))).outputs).toEqual({ kept: "two" });
  });
});
