import { describe, expect, it } from "vitest";
import { loadPolicyPack } from "../../deployment/policies/load-policy-pack";
import { stackRules } from "../../policies/rules";
import { analyzedResource } from "./analyzed-resource";
import { answeringRules } from "./answering-rules";
import { type Attack, attacks } from "./attacks";
import { forms, rewrittenMap } from "./value-forms";

const ofWholeStacks = new Set(stackRules.map(({ id }) => id));

/** The rules that stop it, with the exceptions and parameters that production has. */
async function stoppedBy({ rule, type, properties, beside }: Attack): Promise<readonly string[]> {
  const pack = await loadPolicyPack("policies");
  const [first, ...others] = [properties, ...(beside ?? [])].map((one, index) =>
    analyzedResource(type, one, { stack: "prod", name: `attack-${index}` }),
  );
  if (first === undefined) throw new Error("there is no resource");
  if (!ofWholeStacks.has(rule)) return [...(await answeringRules(pack, first)).against];
  const { violations } = await pack.analyzeStack([first, ...others]);
  return violations.filter(({ enforcementLevel }) => enforcementLevel === "mandatory").map((one) => one.policyName);
}

/** An attack in each form that it can have. */
const tried = attacks.flatMap((attack) =>
  Object.entries(forms)
    .filter(([form]) => attack.exact !== true || form === "as it is")
    .map(([form, rewrite]): Attack & { readonly form: string } => ({
      ...attack,
      form,
      properties: rewrittenMap(attack.properties, rewrite),
      ...(attack.beside === undefined ? {} : { beside: attack.beside.map((one) => rewrittenMap(one, rewrite)) }),
    })),
);

describe("production's pack", () => {
  it.each(attacks)("stops $type, $name", async (attack) => {
    expect(await stoppedBy(attack)).toContain(attack.rule);
  });

  it("stops them in every form that services take", async () => {
    const through: string[] = [];
    for (const attack of tried) {
      const isStopped = (await stoppedBy(attack)).includes(attack.rule);
      if (!isStopped) through.push(`${attack.rule}: ${attack.type}, ${attack.name}, ${attack.form}`);
    }
    console.log(`${attacks.length} attacks, ${tried.length} with their forms: ${through.length} come through`);
    expect(through).toEqual([]);
  });
});
