import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isProduction } from "../../components/context/stack-context";
import { InProcessAnalyzer } from "../../deployment/policies/in-process-analyzer";
import { PolicyFileError } from "../../policies/pack-file";
import { RulePack } from "../../policies/rule-pack";
import { ruleIds } from "../../policies/rules";
import {
  defaultParameters,
  matchesWhole,
  readStackParameters,
  type StackParameters,
  stacksWithParameters,
} from "../../policies/stack-parameters";
import { analyzedResource } from "./analyzed-resource";

const directory = mkdtempSync(join(tmpdir(), "policy-parameters-"));
afterAll(() => rmSync(directory, { recursive: true }));

function read(source: string, stack = "dev") {
  writeFileSync(join(directory, `${stack}.yaml`), source);
  return readStackParameters(directory, stack, ruleIds);
}

describe("production", () => {
  it.each([
    ["prod", true],
    ["production", true],
    ["dr", true],
    ["staging", false],
    ["dev", false],
  ])("is %s or not for components as for rules: %s", (environment, production) => {
    expect([isProduction({ environment }), defaultParameters(`acme-${environment}`).production]).toEqual([
      production,
      production,
    ]);
  });
});

describe("a stack's parameters", () => {
  it("have defaults for a stack without a file: the environment is the last part of its name", () => {
    expect(readStackParameters(directory, "latticeforge-staging", ruleIds)).toEqual({
      stack: "latticeforge-staging",
      environment: "staging",
      production: false,
      lasting: true,
      approvals: 1,
      backupDays: 7,
      reachedBy: [],
      frontedByEdge: [],
      outboundAddresses: [],
      publicBuckets: [],
      dnsOnly: [],
      imageSources: [],
      placeholderImages: [],
      publicRepositories: [],
      repositorySecrets: [],
      unreviewedEnvironments: [],
      silenceNoticedElsewhere: [],
      commands: [],
      wideRoles: {},
      federatedSubjects: {},
      tenant: "",
      principals: [],
      tiers: {},
      levels: {},
      levelReasons: {},
    });
  });

  it("ask production for more, and know it by its environment unless the file says otherwise", () => {
    const graded = ({ production, approvals, backupDays }: StackParameters) => [production, approvals, backupDays];
    expect(graded(defaultParameters("latticeforge-prod"))).toEqual([true, 2, 14]);
    expect(graded(defaultParameters("latticeforge-dr"))).toEqual([true, 2, 14]);
    expect(graded(read("environment: prod"))).toEqual([true, 2, 14]);
    expect(graded(read("environment: prod\nproduction: false"))).toEqual([false, 1, 7]);
    expect(graded(read("production: true\napprovals: 1\nbackupDays: 30"))).toEqual([true, 1, 30]);
  });

  it("are the same for all preview environments of all systems, whose environment is the pull request", () => {
    expect(read("reachedBy: [203.0.113.7]", "preview").environment).toBe("preview");
    for (const stack of ["pr-12", "latticeforge-pr-12"]) {
      expect(readStackParameters(directory, stack, ruleIds)).toMatchObject({
        ...{ stack, environment: "pr-12", lasting: false, production: false },
        reachedBy: ["203.0.113.7"],
      });
    }
    expect(readStackParameters(directory, "pr-x", ruleIds).reachedBy).toEqual([]);
  });

  it("are read", () => {
    const source = `environment: test
reachedBy: [203.0.113.7, 198.51.100.0/28]
frontedByEdge: [portal]
outboundAddresses: [nat]
publicBuckets: [media]
dnsOnly: [demo.example.org]
imageSources: [public.ecr.aws/docker/library/]
placeholderImages: [example.org/placeholder]
publicRepositories: [website]
repositorySecrets: [SOURCE_KEY_*]
unreviewedEnvironments: [preview]
silenceNoticedElsewhere: [watcher]
commands: ["sh '/srv/*/install.sh'"]
wideRoles: { "deploy-*": [Contributor] }
federatedSubjects: { "deploy-*": ["repo:a/b:environment:prod"] }
tenant: 00000000-0000-4000-8000-000000000002
principals: [00000000-0000-4000-8000-00000000000A]
tiers: { api: P0, "job-*": P2 }
levels: { required-tags: { level: advisory, reason: while they are being added }, managed-by-tag: mandatory }`;
    expect(read(source)).toEqual({
      ...defaultParameters("dev"),
      environment: "test",
      reachedBy: ["203.0.113.7", "198.51.100.0/28"],
      frontedByEdge: ["portal"],
      outboundAddresses: ["nat"],
      publicBuckets: ["media"],
      dnsOnly: ["demo.example.org"],
      imageSources: ["public.ecr.aws/docker/library/"],
      placeholderImages: ["example.org/placeholder"],
      publicRepositories: ["website"],
      repositorySecrets: ["SOURCE_KEY_*"],
      unreviewedEnvironments: ["preview"],
      silenceNoticedElsewhere: ["watcher"],
      commands: ["sh '/srv/*/install.sh'"],
      wideRoles: { "deploy-*": ["Contributor"] },
      federatedSubjects: { "deploy-*": ["repo:a/b:environment:prod"] },
      tenant: "00000000-0000-4000-8000-000000000002",
      principals: ["00000000-0000-4000-8000-00000000000a"],
      tiers: { api: "P0", "job-*": "P2" },
      levels: { "required-tags": "advisory", "managed-by-tag": "mandatory" },
      levelReasons: { "required-tags": "while they are being added" },
    });
  });

  it("take the tiers of services from the inventory, where each is written once", () => {
    writeFileSync(
      join(directory, "services.yaml.txt"),
      "services:\n  - { name: api, tier: P0 }\n  - { name: web, tier: P2 }\n",
    );
    const { tiers } = read("tiersFrom: services.yaml.txt\ntiers: { postgres: P0, web: P1 }");
    expect(tiers).toEqual({ api: "P0", web: "P1", postgres: "P0" });
    expect(problemsOf("tiersFrom: nowhere.yaml")).toEqual([
      'policies/parameters/dev.yaml:1:12 tiersFrom: expected an inventory of services, from this file; there is no "nowhere.yaml"',
    ]);
    writeFileSync(join(directory, "services.yaml.txt"), "services:\n  - { name: api, tier: P9 }\n");
    expect(problemsOf("tiersFrom: services.yaml.txt")).toEqual([
      'policies/parameters/services.yaml.txt:2:24 services[0].tier: expected P0, P1 or P2, got "P9"',
    ]);
  });

  it("name registries so that no other one begins as they do, and lists by name", () => {
    const end = 'expected a registry\'s host, and an end of "/", "@" or ":"';
    expect(problemsOf("imageSources: [ours.azurecr.io, ghcr.io/library]\nwideRoles: [Owner]")).toEqual([
      `policies/parameters/dev.yaml:1:16 imageSources[0]: ${end}, got "ours.azurecr.io"`,
      `policies/parameters/dev.yaml:1:33 imageSources[1]: ${end}, got "ghcr.io/library"`,
      "policies/parameters/dev.yaml:2:12 wideRoles: expected a map of names to lists of texts, got a list",
    ]);
  });

  it("name tenants and principals by their ids", () => {
    expect(problemsOf("tenant: alai\nprincipals: [operators]")).toEqual([
      'policies/parameters/dev.yaml:1:9 tenant: expected a GUID, got "alai"',
      'policies/parameters/dev.yaml:2:14 principals[0]: expected a GUID, got "operators"',
    ]);
  });

  it("name nothing of Docker Hub, which counts what nobody signs in for", () => {
    const problems = problemsOf("imageSources: [docker.io/library/node@, registry-1.docker.io/]");
    expect(problems.map((problem) => problem.slice(0, problem.indexOf(" counts")))).toEqual(
      [0, 1].map((index) => expect.stringContaining(`imageSources[${index}]: Docker Hub`)),
    );
  });

  it.each([
    ["sh '/srv/a-1/install.sh'", true],
    ["sh '/srv/../install.sh'", false],
    ["sh '/srv/a/b/install.sh'", false],
    ["sh '/srv/a/install.sh'; id", false],
    ["sh '/srv/a/install.sh'\nid", false],
    ["sh '/srv//install.sh'", false],
  ])("let * stand for one name: %j", (text, matches) => {
    expect(matchesWhole(text, "sh '/srv/*/install.sh'")).toBe(matches);
  });

  it("are refused with everything that is wrong with them", () => {
    const source = `environment: ""
reachedBy: [somewhere, 10.0.0.0/40]
levels: { required-tag: advisory, managed-by-tag: sometimes, storage-private: disabled }
tiers: { api: P9 }
approvals: 0
production: perhaps
reachedby: []`;
    const problems = problemsOf(source);
    expect(problems).toHaveLength(11);
    expect(problems.join()).toContain("what is not mandatory has a reason");
    expect(problems.every((problem) => /^policies\/parameters\/dev\.yaml:[1-7]:\d+ [a-z]/.test(problem))).toBe(true);
    expect(problems).toContain("policies/parameters/dev.yaml:5:12 approvals: expected a whole number from 1 up, got 0");
  });

  it.each(stacksWithParameters(join("policies", "parameters")))("of %s are valid", (stack) => {
    expect(readStackParameters(join("policies", "parameters"), stack, ruleIds).stack).toBe(stack);
  });
});

describe("a level", () => {
  const group = analyzedResource("azure-native:resources:ResourceGroup", {});
  const analyzeWith = (level: "advisory" | "disabled") => {
    const parametersOf = (stack: string) => ({ ...defaultParameters(stack), levels: { "required-tags": level } });
    const unreadTypes = new Map([[group.type, "holds nothing by itself"]]);
    const pack = new RulePack({ exceptions: [], unreadTypes, parametersOf, today: "2026-06-01" });
    return new InProcessAnalyzer(pack, "1.0.0", "policies").analyze(group);
  };

  it("can be lowered for a stack", async () => {
    const { violations } = await analyzeWith("advisory");
    expect(new Set(violations.map(({ enforcementLevel }) => enforcementLevel))).toEqual(new Set(["advisory"]));
  });

  it("can be switched off for a stack, which is said", async () => {
    const { violations, notApplicable } = await analyzeWith("disabled");
    expect(violations).toEqual([]);
    expect(notApplicable).toContainEqual({ policyName: "required-tags", reason: "disabled for stack dev" });
  });
});

function problemsOf(source: string): readonly string[] {
  try {
    read(source);
  } catch (error) {
    if (error instanceof PolicyFileError) return error.problems;
    throw error;
  }
  return [];
}
