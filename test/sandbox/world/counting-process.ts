// Run as a process of its own: adds to a counter in the world at argv[2], argv[3] times; with argv[4] it occupies a key and waits to be killed.
import type { PropertyMap } from "../../../deployment/values/property-value";
import { DiskWorld } from "../../../sandbox/world/disk-world";
import { plainCodec } from "./plain-codec";

async function main(): Promise<void> {
  const [directory = "", times = "0", occupied] = process.argv.slice(2);
  const world = await DiskWorld.open({ directory, seed: () => [], codec: plainCodec });
  for (let turn = 0; turn < Number(times); turn++) {
    await world.transact((state) => {
      const counter: PropertyMap = state.get("test:Counter", "counter")?.properties ?? { value: 0 };
      state.put({
        cloud: "command",
        kind: "test:Counter",
        id: "counter",
        properties: { value: Number(counter.value) + 1 },
      });
    });
  }
  if (occupied) {
    await world.occupy(
      occupied,
      () => new Error("busy"),
      () => {
        process.stdout.write("occupied\n");
        return new Promise((resolve) => setTimeout(resolve, 60_000));
      },
    );
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
