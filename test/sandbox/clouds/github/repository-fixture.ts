import { githubProvider } from "../../../../sandbox/clouds/github";
import { CloudSession, seededWorldWith } from "../cloud-session";

export const repository = "github:index/repository:Repository";
export const organization = "github:index/organization:Organization";
export function newSession(plan = "enterprise"): CloudSession {
  return new CloudSession(githubProvider(seededWorldWith(organization, "alai-org", { plan })));
}
