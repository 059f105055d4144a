import { refusal } from "../../lib/refusal";
import { quoteForShell } from "../../lib/shell-quote";
import { type ScriptPath, shippedProgram } from "../../programs/bundle";

/**
 * A shell script with those of the settings that it uses: assignments right after the first line, so that the rest can be read
 * and checked as it is.
 *
 * @throws when a name is no shell variable
 */
export function shellScript(script: ScriptPath, settings: Readonly<Record<string, string>>): string {
  const text = shippedProgram(script).text;
  const end = text.indexOf("\n") + 1;
  const used = Object.entries(settings).filter(([name]) => new RegExp(`\\b${name}\\b`).test(text));
  return `${text.slice(0, end)}${used.map(assignment).join("")}${text.slice(end)}`;
}

function assignment([name, value]: readonly [string, string]): string {
  if (!/^[A-Z][A-Z0-9_]*$/.test(name))
    throw refusal(`variable "${name}"`, ["it is no shell variable; use capitals, digits and _"]);
  return `${name}=${quoteForShell(value)}\n`;
}

/** The text as one word of a POSIX shell, whatever is in it. @example quoteForShell("it's") // 'it'\''s' */
