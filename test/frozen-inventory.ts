import { join } from "node:path";

/**
 * ALAI's inventory as it once was, for tests that name entries or count them: the inventory of today grows and shrinks, and must not
 * fail a test by it. A change of its schemas is made here, too.
 */
export const frozenInventory = join(__dirname, "fixtures", "alai-inventory");
