import { type AdoptedResource, adoptedSchema, adoptedSetting } from "../../lib/adopted-resource";
import { emulatedProviders } from "../clouds";
import type { World } from "../world/world";
import type { SandboxConfiguration } from "./sandbox-configuration";

/** Opens a world for as long as a question takes. */
type AskWorld = <Answer>(ask: (world: World) => Promise<Answer>) => Promise<Answer>;

/**
 * A stack's configuration without what is to be taken over and is not there. The list says what the real accounts hold, and is committed;
 * in emulated ones that have none of it, it is made.
 *
 * @param askWorld called only when something is listed
 */
export async function withoutElsewhere(
  configuration: SandboxConfiguration,
  askWorld: AskWorld,
): Promise<SandboxConfiguration> {
  const written = configuration.config.get(adoptedSetting);
  // What is no such list, the program refuses with its line.
  const { data: listed = [] } = adoptedSchema.safeParse(written && JSON.parse(written.value));
  if (written === undefined || listed.length === 0) return configuration;
  const isHere = await askWorld((world) => Promise.all(listed.map((entry) => holds(world, entry))));
  const elsewhere = listed.filter((_, index) => !isHere[index]).map(({ name }) => name);
  if (elsewhere.length === 0) return configuration;
  const here = JSON.stringify(listed.filter((_, index) => isHere[index]));
  const config = new Map([...configuration.config, [adoptedSetting, { ...written, value: here }] as const]);
  return { ...configuration, config, elsewhere };
}

/** Whether a world has it; also where it cannot tell, so that whoever imports it does. */
async function holds(world: World, { type, name, id }: AdoptedResource): Promise<boolean> {
  const provider = emulatedProviders(world)(type.split(":")[0] ?? "");
  if (provider === undefined) return true;
  try {
    return (await provider.read({ urn: "", type, name, id, inputs: {}, outputs: {} })) !== undefined;
  } catch {
    return true;
  }
}
