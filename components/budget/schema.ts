import { z } from "zod";

/** A budget in the inventory. */
export const budgetSchema = z
  .strictObject({
    monthlyAmount: z.number().positive().meta({ description: "What a month may cost, in the currency of the bill" }),
    contactEmails: z
      .array(z.email())
      .optional()
      .meta({ description: "Who is told at 80 % spent and when 100 % is forecast" }),
  })
  .meta({ description: "A monthly budget", makes: [{ type: "landscape:budget:Budget" }] });
