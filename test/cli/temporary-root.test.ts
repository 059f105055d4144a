import { expect, it } from "vitest";
import { isFit } from "../../cli/temporary-root.mjs";

const mounts = (options: string, type = "tmpfs") =>
  `/dev/vda / ext4 rw 0 0\n${type} /dev/shm ${type} ${options} 0 0\ntmpfs /run tmpfs rw,noexec 0 0\n`;
const free = 8 * 1024 ** 3;

it.each([
  ["enough memory from which programs may run", mounts("rw,relatime,size=24684092k"), free, true],
  ["memory from which none may run, as in containers", mounts("rw,nosuid,nodev,noexec,relatime"), free, false],
  ["too little of it", mounts("rw,relatime"), 64 * 1024 ** 2, false],
  ["a disk in its place", mounts("rw", "ext4"), free, false],
  ["nothing there", "/dev/vda / ext4 rw 0 0\n", free, false],
])("whether tests make their directories in memory, with %s", (_case, mounted, bytes, fit) => {
  expect(isFit(mounted, bytes)).toBe(fit);
});
