import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { alaiDeliveryFiles } from "../../stacks/alai/delivery";
import { type Command, done } from "../command";
import { projectRoot } from "../project-root";

/** Writes this repository's workflows and code owners. */
export const workflows: Command = async (context) => {
  const files = Object.entries(alaiDeliveryFiles());
  let written = 0;
  for (const [path, text] of files) {
    const file = join(projectRoot, path);
    if (existsSync(file) && readFileSync(file, "utf8") === text) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    context.say(`    ${path}`);
    written += 1;
  }
  return done(written === 0 ? `${files.length} files were as they should be` : `${written} of ${files.length} written`);
};
