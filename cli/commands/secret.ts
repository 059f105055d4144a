import { environmentSecrets, type SecretTexts } from "../../deployment/values/secret-texts";
import { closestName } from "../../lib/closest-name";
import { placeholders } from "../../lib/secret-not-set";
import { dayAfter, today } from "../../lib/today";
import { readDeployedResources } from "../../operations/drift/deployment-state";
import { rollConsumers } from "../../operations/secrets/roll-consumers";
import { recipeOf } from "../../operations/secrets/rotation-recipes";
import {
  consumersOf,
  type DeployedSecret,
  deployedSecrets,
  type SecretConsumer,
} from "../../operations/secrets/secret-consumers";
import { loadSecretOwners, type SecretOwner, usualRotationDays } from "../../stacks/inventory/application-inventory";
import {
  type CommandContext,
  commandLine,
  defineCommand,
  done,
  neverDeployedError,
  type Outcome,
  writeDocument,
} from "../command";
import { readHiddenValue } from "../confirmation";
import type { DeploymentEngine } from "../engines/deployment-engine";
import { badOption, exitCodes } from "../exit-codes";
import { type OptionTable, type OptionValues, sharedOption } from "../options";

const options = {
  ...sharedOption("stack", "engine", "json"),
  name: { flags: "--name <secret>", description: "the secret, as the inventory and the vault call it" },
  expires: {
    flags: "--expires <day>",
    description: "set: when whoever issued the value ends it, YYYY-MM-DD, if that is before its rotation",
  },
} as const satisfies OptionTable;

type Context = CommandContext<OptionValues<typeof options>>;

export const command = defineCommand({
  description:
    "list: whose the secrets of a stack's vault are, who reads them, when they expire. set: a new version, from a prompt or standard input, never an argument; then those who read it are restarted one by one. rotate: then older versions are disabled, too. roll: only the restarts. docs/daily.md says more.",
  options,
  actions: ["list", "set", "rotate", "roll"],
  examples: [
    "npm run secret -- list --stack prod",
    "npm run secret -- set --stack prod --name model-api-key",
    "pbpaste | npm run secret -- set --stack prod --name model-api-key --engine pulumi",
    "npm run secret -- rotate --stack prod --name model-api-key",
    "npm run secret -- roll --stack prod --name model-api-key",
  ],
  stack: "named",
  run,
});

async function run(context: Context): Promise<Outcome> {
  const engine = await context.open();
  const texts = environmentSecrets();
  try {
    const state = await engine.exportedState();
    if (readDeployedResources(state).length === 0) throw neverDeployedError(context);
    if (context.action === "list") return await list(context, engine, state);
    const secret = findSecret(context, deployedSecrets(state));
    const rotates = context.action === "rotate";
    if (rotates) refuseToRetire(context.stack, secret, consumersOf(state, secret));
    if (context.action !== "roll") await set(context, engine, secret, texts);
    const rolled = await roll(context, engine, state, secret);
    if (rolled.exitCode !== exitCodes.done) return rolled;
    const recipe = recipeOf(secret.name);
    if (recipe !== undefined && context.action !== "roll") context.say(`    Now: ${recipe.end}`);
    if (!rotates) return rolled;
    const retired = await engine.secrets.retireOlderVersions(secret.vaultId, secret.name);
    return done(`${rolled.summary}; ${retired} older ${retired === 1 ? "version is" : "versions are"} disabled`);
  } catch (error) {
    throw texts.maskedError(error);
  } finally {
    await engine.close();
  }
}

async function list(context: Context, engine: DeploymentEngine, state: unknown): Promise<Outcome> {
  const owners = loadSecretOwners(context.stack);
  const secrets = deployedSecrets(state);
  const vaults = [...new Set(secrets.map(({ vaultId }) => vaultId))];
  const held = new Map(await Promise.all(vaults.map(async (id) => [id, await engine.readings.secrets(id)] as const)));
  const rows = secrets.map((secret) => {
    const found = held.get(secret.vaultId)?.find(({ name }) => name === secret.name);
    const owner = owners.find(({ name }) => name === secret.name);
    return {
      name: secret.name,
      owner: secret.isProgramsOwn ? "the program" : (owner?.owner ?? "not in the inventory"),
      rotationDays: secret.isProgramsOwn ? undefined : owner?.rotationDays,
      consumers: consumersOf(state, secret).map(({ name }) => name),
      isSet: found?.isSet ?? false,
      updated: found?.updated,
      expires: found?.expires,
    };
  });
  if (context.options.json === true) {
    writeDocument(context, { stack: context.stack, secrets: rows });
  } else {
    for (const { name, owner, consumers, isSet, updated, expires } of rows) {
      const age = updated === undefined ? "" : `since ${updated.slice(0, 10)}, `;
      const until = expires === undefined ? "says no expiry" : `expires ${expires.slice(0, 10)}`;
      const more = consumers.length > 3 ? ` and ${consumers.length - 3} more` : "";
      const readers = consumers.length === 0 ? "no app or job reads it" : consumers.slice(0, 3).join(", ") + more;
      context.say(`    ${name.padEnd(28)} ${(isSet ? age + until : "not set").padEnd(38)} ${owner}; ${readers}`);
    }
  }
  const unset = rows.filter(({ isSet }) => !isSet).length;
  return done(`${rows.length} secrets, ${unset} not set`);
}

async function set(
  { options: given, stack, say }: Context,
  engine: DeploymentEngine,
  secret: DeployedSecret,
  texts: SecretTexts,
): Promise<void> {
  const owner = loadSecretOwners(stack).find(({ name }) => name === secret.name);
  refuseWhatOthersSet(secret, owner);
  const expires = expiryOf(given.expires, owner);
  await engine.requireUnlocked();
  const recipe = recipeOf(secret.name);
  if (recipe !== undefined) say(`    A new one: ${recipe.make}`);
  const value = await readHiddenValue(`New value of ${secret.name} (it is not shown)`);
  texts.add(value);
  if (Object.values(placeholders).some((made) => made.value === value))
    throw badOption("that is what the program made it with");
  if (recipe?.form?.pattern.test(value) === false) throw badOption(`${secret.name}: ${recipe.form.refusal}`);
  await engine.secrets.setSecret(secret.vaultId, secret.name, value, new Date(`${expires}T00:00:00Z`));
  say(`    ${secret.name} has a new version, which expires on ${expires}; the one before stays in the vault`);
}

async function roll(
  context: Context,
  engine: DeploymentEngine,
  state: unknown,
  secret: DeployedSecret,
): Promise<Outcome> {
  const consumers = consumersOf(state, secret);
  for (const { name, pinned } of consumers.filter((consumer) => consumer.pinned !== undefined)) {
    context.say(`    ${name} pins the version ${pinned}: name the new one in services.yaml, and npm run up`);
  }
  const { cloud, journals, clock } = engine.releases;
  const { signal, say } = context;
  const end = await rollConsumers(consumers, { secrets: engine.secrets, cloud, journals, clock, signal, say });
  const line = commandLine({ ...context, action: "roll" }, "secret");
  if (end.failed !== undefined) {
    context.say(`    ${end.failed.name}: ${end.failed.why}`);
    const rest = end.left.length === 0 ? "" : `; not begun: ${end.left.join(", ")}`;
    context.say(`    Set the value that was right before, or mend it and go on:\n  ${line}`);
    return { exitCode: exitCodes.resource, summary: `${end.failed.name} is not as it should be${rest}, exit code 4` };
  }
  if (end.left.length > 0) {
    const summary = `cancelled by you; not begun: ${end.left.join(", ")}, exit code 8; go on with it:\n    ${line}`;
    return { exitCode: exitCodes.cancelled, summary };
  }
  return done(
    end.rolled.length === 0
      ? "no app or job reads it"
      : `${end.rolled.join(", ")} ${end.rolled.length === 1 ? "has" : "have"} the newest version`,
  );
}

/** @throws {CommandError} naming those that there are */
function findSecret({ options: { name }, stack }: Context, secrets: readonly DeployedSecret[]): DeployedSecret {
  const names = secrets.map((secret) => secret.name);
  if (name === undefined) throw badOption(`--name says which; the vault of ${stack} has ${names.join(", ")}`);
  const found = secrets.find((secret) => secret.name === name);
  if (found !== undefined) return found;
  const meant = closestName(name, names);
  const hint = meant === undefined ? `; it has ${names.join(", ")}` : `; did you mean "${meant}"?`;
  throw badOption(`the vault of ${stack} has no secret "${name}"${hint}`);
}

/** @throws {CommandError} when somebody needs an older version of it */
export function refuseToRetire(stack: string, { name }: DeployedSecret, consumers: readonly SecretConsumer[]): void {
  const pinned = consumers.filter((consumer) => consumer.pinned !== undefined).map((consumer) => consumer.name);
  if (pinned.length > 0)
    throw badOption(`${pinned.join(", ")} pins a version of ${name}, which would be disabled: set it`);
  if (loadSecretOwners(stack).find((owner) => owner.name === name)?.keepsVersions === true) {
    throw badOption(`older versions of ${name} open what they encrypted (secrets.yaml, keepsVersions): set it`);
  }
}

function refuseWhatOthersSet({ name, isProgramsOwn }: DeployedSecret, owner: SecretOwner | undefined): void {
  if (isProgramsOwn) throw badOption(`the program makes ${name} and sets it; npm run up`);
  if (owner?.certificate === true) {
    throw badOption(`a job makes ${name} and renews it; start that: az containerapp job start (docs/runbooks/job.md)`);
  }
}

/** The end of its rotation, or an earlier day that is given. */
function expiryOf(given: string | undefined, owner: SecretOwner | undefined): string {
  const latest = dayAfter(today(), owner?.rotationDays ?? usualRotationDays);
  if (given === undefined) return latest;
  if (/^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given)) && given > today() && given <= latest) {
    return given;
  }
  throw badOption(`--expires: expected a day after today and until ${latest}, when it is rotated; got "${given}"`);
}
