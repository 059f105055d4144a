import { z } from "zod";

const hostnamePattern = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/;

/** A full host name in lower case, without a dot at the end. */
export const hostnameSchema = z
  .string()
  .max(253, { abort: true })
  .regex(hostnamePattern, "expected a host name in lower case, for example www.alai.no")
  .meta({ description: "A full host name in lower case, for example www.alai.no" });
