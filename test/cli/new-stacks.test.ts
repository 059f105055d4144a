import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { LocatedError } from "../../lib/located-yaml/located-error";
import { withNames } from "../../operations/new-stacks/environment-parts";
import { loadApplicationInventory } from "../../stacks/inventory/application-inventory";
import { deliveryOf } from "../../stacks/registry";
import { subscriptionProblems } from "../../stacks/subscriptions";
import { readSystems } from "../../stacks/systems-file";
import { ProjectCopy } from "../acceptance/project-copy";
import type { CommandRun } from "./run-command";
import { repository } from "./run-command";

type Texts = Readonly<Record<string, string>>;

const project = new ProjectCopy();
const root = project.path(".");
afterAll(() => project.remove());

/** What the project says of itself, by file. */
function statements(): Texts {
  const files = [".", "stacks", "policies", "operations"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: folder !== ".", withFileTypes: true }),
  );
  const yaml = files.filter((entry) => entry.isFile() && entry.name.endsWith(".yaml"));
  return Object.fromEntries(
    yaml.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(root, path), readFileSync(path, "utf8")];
    }),
  );
}

function writeTo(texts: Texts): void {
  for (const [path, text] of Object.entries(texts)) {
    mkdirSync(dirname(project.path(path)), { recursive: true });
    writeFileSync(project.path(path), text);
  }
}

let before: Texts = {};
beforeAll(() => {
  mkdirSync(project.path("operations/cost"), { recursive: true });
  cpSync(join(repository, "operations/cost/plans.yaml"), project.path("operations/cost/plans.yaml"));
  before = statements();
});

function restore(): void {
  for (const path of Object.keys(statements())) if (!(path in before)) rmSync(project.path(path));
  rmSync(project.path("stacks/acme"), { recursive: true, force: true });
  writeTo(before);
}
afterEach(restore);

const run = (line: string) => project.run(line.split(" ").filter(Boolean));
const [one, two, three] = [1, 2, 3].map((number) => `11111111-2222-4333-8444-55555555555${number}`);
const acme = `new-system --system acme --subscription staging=${one} --subscription prod=${two}`;
const demo = `new-environment --system betterworld --environment demo --subscription ${three}`;

/** The files that a run wrote, in order. */
const written = ({ output }: CommandRun) =>
  [...output.matchAll(/^ {4}written {2}(\S+)$/gm)].map(([, path = ""]) => path);

/** Everything that the rules of the project have against it; what is refused any other way than with places fails the test. */
function problems(): readonly string[] {
  try {
    const systems = readSystems(root);
    for (const system of ["betterworld", "acme"])
      if (systems[system] !== undefined)
        loadApplicationInventory(project.path(`stacks/${system}/inventory`), systems[system].addressBlock);
    deliveryOf(root);
    return subscriptionProblems(root);
  } catch (error) {
    if (!(error instanceof LocatedError)) throw error;
    return error.problems.map(({ file, message }) => `${relative(root, file)}: ${message}`);
  }
}

describe("new-system", () => {
  it("writes a system that the rules take, the list of systems last, and says what is left", async () => {
    const done = await run(acme);
    expect([done.exitCode, done.errors]).toEqual([0, ""]);
    expect(written(done).at(-1)).toBe("stacks/systems.yaml");
    expect(written(done)).toHaveLength(14);
    expect(problems()).toEqual([]);
    expect(readSystems(root).acme).toMatchObject({
      addressBlock: "10.112.0.0/12",
      stacks: [
        { name: "acme-prod", environment: "prod", promotesFrom: "acme-staging", ownsZones: true },
        { name: "acme-staging", environment: "staging" },
      ],
    });
    const staging = project.read("Pulumi.acme-staging.yaml");
    expect(staging).toContain(`azure-native:subscriptionId: ${one}`);
    expect(staging).toContain("/keys/acme-staging\n");
    // Encrypted with another stack's key, and whom another stack's releases become.
    expect(staging).not.toMatch(/encryptedkey|releasePrincipals/);
    expect(deliveryOf(root).environments).toEqual(
      expect.arrayContaining([
        { name: "acme-staging", isReviewed: false },
        { name: "acme-prod", isReviewed: true },
      ]),
    );
    for (const left of ["npm run generate", "npm start -- --stack acme-prod", "alerts", "pipelines.yaml", "bootstrap"])
      expect(done.output).toContain(left);
  });

  it("changes nothing of what is there: lines come, and none goes", async () => {
    await run(acme);
    for (const [path, text] of Object.entries(before)) {
      const rest = text.split("\n");
      for (const line of project.read(path).split("\n")) if (rest[0] === line) rest.shift();
      expect([path, rest]).toEqual([path, []]);
    }
  });

  it("is like the system that is named, and in the block that is given", async () => {
    const { exitCode } = await run(`${acme} --from kimberly --block 10.240.0.0/14`);
    expect(exitCode).toBe(0);
    expect(project.read("Pulumi.acme-prod.yaml")).toContain("pagerduty@kimberly.example");
    expect(project.read("stacks/acme/inventory/network.yaml")).toContain("addressSpace: 10.241.0.0/16");
  });

  it("has a key of its own, whatever version its model's has", async () => {
    const key = "secretsprovider: azurekeyvault://alai-bootstrap-vault.vault.azure.net/keys/betterworld-staging";
    project.edit("Pulumi.betterworld-staging.yaml", `${key}\n`, `${key}/0123456789abcdef0123456789abcdef\n`);
    await run(acme);
    expect(project.read("Pulumi.acme-staging.yaml")).toContain("/keys/acme-staging\n");
  });

  it("is made like no standby, which is elsewhere and has no server of its own", async () => {
    const { exitCode } = await run(
      `${acme} --environments staging,prod,dr --from latticeforge --subscription dr=${three}`,
    );
    expect(exitCode).toBe(0);
    expect(project.read("Pulumi.acme-dr.yaml")).toContain("azure-native:location: swedencentral");
    const lock =
      /urn:pulumi:acme-dr::landscape::\*azure-native:dbforpostgresql:Server::postgres\*\n {4}rule: stateful-locked/;
    expect(project.read("policies/exceptions.yaml")).toMatch(lock);
  });

  it("is not there already with other addresses", async () => {
    await run(acme);
    expect((await run(`${acme} --block 10.112.0.0/12`)).output).toContain("acme is there already");
    expect((await run(`${acme} --block 10.240.0.0/12`)).errors).toContain(
      "it is there already (stacks/systems.yaml), and",
    );
  });

  it("leaves out what is encrypted for its model, and says so", async () => {
    const secret = "  landscape:slackHook:\n    secure: c3RhbmQtaW4=\n  azure-native:tenantId";
    project.edit("Pulumi.betterworld-staging.yaml", "  azure-native:tenantId", secret);
    const { output } = await run(acme);
    expect(project.read("Pulumi.acme-staging.yaml")).not.toContain("slackHook");
    expect(output).toContain("pulumi config set --secret landscape:slackHook");
  });

  it.each([
    ["a name that is taken", "--system kimberly", /system "kimberly": it is there already/],
    ["a name that is none", "--system ../acme", /system: expected lower-case letters and digits/],
    ["the directory that all systems share", "--system inventory", /stacks\/inventory is what all systems share/],
    ["what YAML reads as something else", "--system null", /system: expected lower-case letters and digits/],
    ["what every object has", "--system constructor", /system: expected lower-case letters and digits/],
    ["no environments", `--environments , --subscription ${one}`, /environments: expected at least 1 entry/],
    ["names that leave none to apps", "--system extraordinaryacme", /extraordinaryacme-stagi-\w+; shorten/],
    ["addresses of another system", "--block 10.80.0.0/13", /10\.80\.0\.0\/13 overlaps 10\.80\.0\.0\/12 of kimberly/],
    ["addresses for one network", "--block 10.112.0.0/16", /room for 2 networks of \/16, .* it has room for 1/],
    ["what is no block", "--block ten", /block "ten": expected an IPv4 block/],
    ["a model that there is not", "--from acne", /those are betterworld, kimberly, latticeforge/],
    ["a model that is code", "--from alai", /those are betterworld, kimberly, latticeforge/],
    [
      "an environment twice",
      `--environments staging,staging --subscription ${one}`,
      /there is a stack "acme-staging" already/,
    ],
    [
      "the name of all preview environments",
      "--environments staging,preview --subscription staging=XX --subscription preview=XX",
      /preview/,
    ],
  ])("refuses %s, and writes nothing", async (_, options, refusal) => {
    const flags = options.replaceAll("XX", three ?? "").split(" ");
    const kept = acme
      .split(" ")
      .filter((word, index, words) => !flags.includes(words[index - 1] ?? "") && !flags.includes(word));
    const { exitCode, errors } = await run([...kept, ...flags].join(" "));
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(refusal)]);
    expect(errors).not.toContain("/tmp");
    expect(statements()).toEqual(before);
  });

  it.each([
    ["another system", "00000000-0000-4000-8000-000000000031", "belongs to another system"],
    ["all preview environments", "00000000-0000-4000-8000-000000000009", "belongs to another system"],
    ["its own production, which others approve", two ?? "", "others approve"],
    ["nobody: it is no id", "subscription-1", "expected an id such as"],
    ["nobody: more follows the id", `${one}=${two}`, "expected an id such as"],
  ])("refuses the subscription of %s", async (_, id, refusal) => {
    const { exitCode, errors } = await run(acme.replace(`staging=${one}`, `staging=${id}`));
    expect([exitCode, errors]).toEqual([2, expect.stringContaining(refusal)]);
    expect(statements()).toEqual(before);
  });

  it("asks for what is not given, and for a subscription of each environment", async () => {
    const { exitCode, errors } = await run(`new-system --subscription staging=${one}`);
    expect([exitCode, errors]).toEqual([2, expect.stringContaining("say --system, --subscription prod=ID")]);
  });

  it("writes nothing in a dry run", async () => {
    expect((await run(`${acme} --dry-run`)).output).toContain("would write  stacks/systems.yaml");
    expect(statements()).toEqual(before);
  });
});

describe("new-environment", () => {
  it("is its model once more, with a network, names and a registry of its own", async () => {
    const done = await run(demo);
    expect([done.exitCode, done.errors]).toEqual([0, ""]);
    expect(problems()).toEqual([]);
    const inventory = (name: string) => project.read(`stacks/betterworld/inventory/${name}.yaml`);
    expect(inventory("network")).toContain("addressSpace: 10.98.0.0/16");
    expect(inventory("environments")).toContain("domains: [api-demo.betterworld.example]");
    // What only listed addresses reach is not open to everybody under its new name.
    expect(inventory("zones")).toContain("admin-staging.betterworld.example, admin-demo.betterworld.example]");
    expect(inventory("secrets").match(/demo/g)).toHaveLength(6);
    const parameters = project.read("policies/parameters/betterworld-demo.yaml");
    expect(parameters).toMatch(/imageSources: \[betterworlddemoregistry[0-9a-f]{8}\.azurecr\.io\//);
    expect(parameters).not.toMatch(/76aa7662|dd90c997|3723b370|release-/);
    expect(project.read("policies/parameters/prod.yaml")).toContain("betterworld-demo]");
    expect(project.read("operations/cost/plans.yaml")).toContain("demo: { stack: betterworld-demo }");
    expect(written(done).at(-1)).toBe("stacks/systems.yaml");
    expect(done.output).toContain("what opens its buckets");
    expect((await run(demo.replace("betterworld", "kimberly"))).output).not.toContain("buckets");
  });

  it("answers at a name beside its model's, which may be the environment's own", async () => {
    const file = "stacks/betterworld/inventory/environments.yaml";
    project.edit(file, "api-staging.betterworld.example", "staging.betterworld.example");
    const { exitCode, errors } = await run(demo);
    expect([exitCode, errors]).toEqual([0, ""]);
    expect(project.read(file)).toContain("domains: [demo.betterworld.example]");
  });

  it("has new names where its model has old ones, each once, and no others", () => {
    const names = new Map([
      ["api.example.com", "api-demo.example.com"],
      ["api-demo.example.com", "api-demo-demo.example.com"],
    ]);
    expect(
      withNames("[api.example.com, api-demo.example.com] # not api.example.com.au, my-api.example.com", names),
    ).toBe("[api-demo.example.com, api-demo-demo.example.com] # not api.example.com.au, my-api.example.com");
  });

  it("ends lines as the files do that it changes", async () => {
    const files = ["stacks/systems.yaml", "Pulumi.betterworld-staging.yaml"];
    for (const file of files) project.write(file, project.read(file).replaceAll("\n", "\r\n"));
    expect((await run(demo)).exitCode).toBe(0);
    for (const file of [...files, "Pulumi.betterworld-demo.yaml"]) expect(project.read(file)).not.toMatch(/[^\r]\n/);
  });

  it("names the file whose lines it cannot tell apart", async () => {
    const file = "policies/parameters/betterworld-staging.yaml";
    project.write(
      file,
      project.read(file).replace(/^principals:\n(?: {2}- .*\n)+/m, (list) => {
        const ids = [...list.matchAll(/- (\S+)/g)].map(([, id]) => id);
        return `principals: [${ids.join(", ")}]\n`;
      }),
    );
    const { exitCode, errors } = await run(demo);
    expect([exitCode, errors]).toEqual([
      2,
      expect.stringMatching(
        /file "policies\/parameters\/betterworld-staging\.yaml": principals\.\d shares its line; write it/,
      ),
    ]);
  });

  it.each([
    ["a name that is taken", demo.replace("demo", "staging"), /stack "betterworld-staging": it is there already/],
    ["a model that there is not", `${demo} --like stagin`, /no environment "stagin" .* did you mean "staging"\?$/m],
    [
      "production as a model of what is none",
      `${demo} --like prod`,
      /does not promise what production does, so that it is like staging/,
    ],
    ["a system that there is not", demo.replace("betterworld", "betterword"), /did you mean "betterworld"\?/],
    ["a system that is code", demo.replace("betterworld", "alai"), /is code, which no command writes/],
    [
      "a standby as a model",
      `${demo.replace("betterworld", "latticeforge").replace("demo", "production")} --like dr`,
      /it stands by/,
    ],
    [
      "a subscription of another system",
      demo.replace(three ?? "", "00000000-0000-4000-8000-000000000031"),
      /belongs to another system/,
    ],
    ["a name that is too long", demo.replace("demo", "demonstration"), /shorten the name/],
  ])("refuses %s, and writes nothing", async (_, line, refusal) => {
    const { exitCode, errors } = await run(line);
    expect([exitCode, errors]).toEqual([2, expect.stringMatching(refusal)]);
    expect(statements()).toEqual(before);
  });

  it.each([
    [
      "a setting that nobody reads",
      ["Pulumi.betterworld-staging.yaml", "  azure-native:location", "  landscape:foo: x\n  azure-native:location"],
      /Pulumi\.betterworld-demo\.yaml:\d+:\d+ .*unknown key "foo"/,
    ],
    [
      "a rule that there is not, in the parameters",
      ["policies/parameters/betterworld-staging.yaml", "  required-tags:", "  required-tag:"],
      /policies\/parameters\/betterworld-demo\.yaml:\d+:\d+ .*required-tag/,
    ],
    [
      "a rule that there is not, in the exceptions",
      [
        "policies/exceptions.yaml",
        "betterworld-staging::landscape::*azure-native:keyvault:Secret::vault-r2-*\n    rule: vault",
        "betterworld-staging::landscape::*azure-native:keyvault:Secret::vault-r2-*\n    rule: vaul",
      ],
      /policies\/exceptions\.yaml:\d+:\d+ .*no rule is called "vaul-secret-expiry"/,
    ],
    [
      "a name of an app that another has",
      ["stacks/betterworld/inventory/environments.yaml", "api.betterworld.example", "api-demo.betterworld.example"],
      /stacks\/betterworld\/inventory\/environments\.yaml:\d+:\d+ .*api-demo\.betterworld\.example/,
    ],
    [
      "a column of the cost page that there is",
      ["operations/cost/plans.yaml", "scale: { stack: betterworld-prod", "demo: { stack: betterworld-prod"],
      /operations\/cost\/plans\.yaml:\d+:\d+ this key is there twice/,
    ],
  ])(
    "refuses %s by the rule that finds it, and writes nothing",
    async (_, [file = "", from = "", to = ""], refusal) => {
      project.edit(file, from, to);
      const edited = statements();
      const { exitCode, errors } = await run(demo);
      expect([exitCode, errors]).toEqual([2, expect.stringMatching(refusal)]);
      expect(errors).not.toContain("/tmp");
      expect(statements()).toEqual(edited);
    },
  );

  it("refuses when its system has no addresses left", async () => {
    project.edit("stacks/systems.yaml", "10.96.0.0/12", "10.96.0.0/15");
    const { exitCode, errors } = await run(demo);
    expect([exitCode, errors]).toEqual([
      2,
      expect.stringContaining("no network of the size of 10.96.0.0/16 is left in 10.96.0.0/15"),
    ]);
  });
});

describe("a command that is killed", () => {
  it.each([
    ["new-system", acme],
    ["new-environment", demo],
  ])("between two files leaves a project that works or says what is wrong; again, %s completes it", async (_, line) => {
    const order = written(await run(line));
    const complete = statements();
    expect(order.length).toBeGreaterThan(10);
    for (const [index, last] of order.entries()) {
      // Of every three places one, and when all is done.
      if (index % 3 !== 1 && index !== order.length - 1) continue;
      restore();
      writeTo(Object.fromEntries(order.slice(0, index + 1).map((path) => [path, complete[path] ?? ""])));
      for (const problem of problems())
        expect([last, problem]).toEqual([last, expect.stringMatching(/^stacks\/\w+\/inventory\/\w+\.yaml: /)]);
      const again = await run(line);
      expect([last, again.exitCode, again.errors]).toEqual([last, 0, ""]);
      expect([last, written(again)]).toEqual([last, order.slice(index + 1)]);
      expect(statements()).toEqual(complete);
    }
  });

  it("does not take over what somebody else wrote", async () => {
    writeTo({ "Pulumi.acme-prod.yaml": "config: {}\n" });
    const { exitCode, errors } = await run(acme);
    expect([exitCode, errors]).toEqual([
      2,
      expect.stringContaining("Pulumi.acme-prod.yaml is there and says something else"),
    ]);
    expect(Object.keys(statements())).not.toContain("stacks/acme/inventory/network.yaml");
  });
});
