import { z } from "zod";
import { isJsonObject } from "./json-value";
import { dayAfter, today } from "./today";

/** How an entry of an inventory leaves: the one way for everything that the engine or Azure keeps from being deleted (decision 0027). */
export const retirementSchema = z
  .strictObject({
    on: z.iso.date().meta({ description: "The day of the retirement, for example 2026-12-01. The days count from it" }),
    keepDays: z.int().min(1).max(365).default(30).meta({
      description:
        "For how many days it stays, without protection. From then on the program does not have it. Default: 30",
    }),
    reason: z.string().min(10).meta({ description: "Why it leaves, for whoever reviews it" }),
  })
  .meta({ description: "That it leaves: since when, for how long it is kept, and why. Absent: it stays" });

export type Retirement = z.infer<typeof retirementSchema>;

/** The first day on which what is retired is no longer part of the program, as `YYYY-MM-DD`. */
export function leavingDay({ on, keepDays }: Retirement): string {
  return dayAfter(on, keepDays);
}

/** What an entry says of its retirement, as its schema read it or as its file has it; undefined for one that stays. */
export function retirementOf(entry: unknown): Retirement | undefined {
  return isJsonObject(entry) ? retirementSchema.safeParse(entry.retired).data : undefined;
}

/** Takes out of every list in a value the entries whose days are over: whoever reads the value then does not know them any more. */
export function removeDeparted(value: unknown): void {
  if (Array.isArray(value)) {
    const staying = value.filter((entry) => {
      const retired = retirementOf(entry);
      return retired === undefined || today() < leavingDay(retired);
    });
    value.splice(0, value.length, ...staying);
  }
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) removeDeparted(inner);
}

/** The name of something, or an entry that also says that it leaves. */
export type NamedEntry = string | { readonly name: string; readonly retired?: Retirement };

/** A {@link NamedEntry} written out. */
export function namedEntry(entry: NamedEntry): Exclude<NamedEntry, string> {
  return typeof entry === "string" ? { name: entry } : entry;
}
