import { dirname } from "node:path";

/** The directory of this project: the one that holds `Pulumi.yaml` and `package.json`. */
export const projectRoot = dirname(__dirname);
