import { describe, expect, it } from "vitest";
import type { PropertyMap } from "../../../../deployment/values/property-value";
import { tailscaleProvider } from "../../../../sandbox/clouds/tailscale";
import type { World } from "../../../../sandbox/world/world";
import { CloudSession, changeObject, seededWorld } from "../cloud-session";

// tailscale/terraform-provider-tailscale, resource_tailnet_key.go: Read, shouldRecreateIfInvalid and ModifyPlan.
describe("an auth key that is no longer valid", () => {
  const key = "tailscale:index/tailnetKey:TailnetKey";
  const past = { expiresAt: "2020-01-01T00:00:00Z" };

  async function refreshedKey(inputs: PropertyMap, spoil: (world: World, id: string) => Promise<unknown>) {
    const world = seededWorld();
    const session = new CloudSession(tailscaleProvider(world));
    const made = await session.create(key, "k", inputs);
    await spoil(world, made.id);
    const read = await session.refresh(made);
    if (read === undefined) throw new Error("the key is no longer kept");
    return { session, made, refreshed: { ...made, ...read } };
  }
  const expire = (world: World, id: string) => changeObject(world, key, id, past);
  const revoke = (world: World, id: string) => changeObject(world, key, id, { invalid: true });
  const remove = (world: World, id: string) => world.transact((transaction) => transaction.delete(key, id));

  it.each([
    ["expired", expire],
    ["revoked", revoke],
    ["gone", remove],
  ])("is kept as invalid when it is %s, and made again when it is reusable", async (_how, spoil) => {
    const { session, made, refreshed } = await refreshedKey({ reusable: true }, spoil);
    expect(refreshed.outputs).toMatchObject({ invalid: true, key: made.outputs.key });
    expect(refreshed.inputs).toEqual(made.inputs);
    expect((await session.diff(refreshed, { reusable: true })).replaces).toEqual(["id"]);
    await session.delete(refreshed);
  });

  it.each<[PropertyMap, readonly string[]]>([
    [{}, []],
    [{ recreateIfInvalid: "never" }, []],
    [{ reusable: true, recreateIfInvalid: "never" }, []],
    [{ recreateIfInvalid: "always" }, ["id"]],
    [{ reusable: true, recreateIfInvalid: "" }, ["id"]],
  ])("is made again as the program says: %j", async (inputs, replaces) => {
    const { session, refreshed } = await refreshedKey(inputs, remove);
    const diff = await session.diff(refreshed, inputs);
    expect([diff.changes, diff.replaces]).toEqual([replaces.length > 0 ? "some" : "none", replaces]);
  });

  it("is left alone while it is valid, and is not imported when it is gone", async () => {
    const { session, refreshed } = await refreshedKey({ recreateIfInvalid: "always" }, async () => undefined);
    expect(refreshed.outputs.invalid).toBe(false);
    expect((await session.diff(refreshed, { recreateIfInvalid: "always" })).changes).toBe("none");
    expect(await session.import(key, "kNobodyCNTRL")).toBeUndefined();
  });
});
