import { configuration } from "./configuration";
import { server } from "./server";
import { serverChildRules } from "./server-children";

export const postgresRules = [server, configuration, ...serverChildRules];
