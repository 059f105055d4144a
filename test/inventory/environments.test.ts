import { describe, expect, it } from "vitest";
import { serviceSchema } from "../../components/container-apps/schema";
import { environmentsSchema, servicesIn } from "../../components/services/environment-schema";
import { jobsRunWhileDatabasesDo, settingsFitServices } from "../../stacks/inventory/rules/service-rules";

const whole = {
  registry: "Basic",
  replicas: { min: 1, max: 2 },
  logRetentionDays: 30,
  budget: { monthlyAmount: 100 },
  postgres: { version: "16", size: "b1ms", databases: ["shop"] },
};
const services = ["api", "worker"].map((name) =>
  serviceSchema.parse({
    ...{ name, kind: "app", tier: "P1", ingress: { exposure: "none" } },
    ...{ env: { LOG_LEVEL: "info", REGION: "eu" }, scale: { min: 1, max: 4 } },
  }),
);
const problemsOf = (value: unknown) =>
  environmentsSchema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("an environment with a preset", () => {
  it("has the preset's parts, and its own instead where it says one", () => {
    const presets = { small: { ...whole, services: { api: { env: { LOG_LEVEL: "warn" }, scale: { max: 3 } } } } };
    const { environments } = environmentsSchema.parse({
      presets,
      environments: {
        prod: { size: "small", budget: { monthlyAmount: 50 }, services: { api: { scale: { min: 2 } } } },
      },
    });
    expect(environments.prod).toMatchObject({ postgres: { size: "b1ms" }, budget: { monthlyAmount: 50 } });
    const [api, worker] = environments.prod === undefined ? [] : servicesIn(services, environments.prod);
    expect(api).toMatchObject({ env: { LOG_LEVEL: "warn", REGION: "eu" }, scale: { min: 2, max: 3 } });
    expect(worker).toEqual(services[1]);
  });

  it("is refused when there is no such preset, or when neither says what every environment has", () => {
    const { postgres: _, ...without } = whole;
    expect(problemsOf({ presets: { small: whole }, environments: { prod: { size: "smal" } } })).toEqual([
      'environments.prod.size: no preset "smal"; presets are small',
    ]);
    expect(problemsOf({ presets: { small: whole }, environments: { prod: { size: "constructor" } } })).toEqual([
      'environments.prod.size: no preset "constructor"; presets are small',
    ]);
    expect(problemsOf({ presets: { small: without }, environments: { prod: { size: "small" } } })).toEqual([
      "environments.prod: postgres is missing; say it here, or in the preset small",
    ]);
    expect(problemsOf({ environments: { prod: without } })).toEqual([
      "environments.prod: postgres is missing; say it here",
    ]);
  });
});

describe("an environment whose database is stopped at night", () => {
  const off = { ...whole, postgres: { ...whole.postgres, nights: "off" } };

  it("is none of production's, has no standby or replicas and no servers beside it, and makes no dumps", () => {
    expect(problemsOf({ environments: { staging: off } })).toBeUndefined();
    expect(problemsOf({ environments: { prod: off } })).toEqual([
      "environments.prod.postgres.nights: prod is production, which runs at night; leave it out",
    ]);
    expect(problemsOf({ environments: { staging: { ...off, dumps: { to: "dumps", restoreInto: "r" } } } })).toEqual([
      "environments.staging.dumps: are made and tested at night; leave out nights: off of postgres",
    ]);
    const large = { ...off.postgres, size: "d4", highAvailability: "zone", replicas: [{ name: "debug" }] };
    expect(problemsOf({ environments: { staging: { ...off, postgres: large } } })).toEqual([
      "environments.staging.postgres.highAvailability: does not go with nights: off, which stops one server; leave one of them out",
      "environments.staging.postgres.replicas: does not go with nights: off, which stops one server; leave one of them out",
    ]);
    const retired = { on: "2026-11-30", reason: "its backup serves" };
    const beside = {
      ...{ ...off.postgres, server: "postgres-before", former: [{ name: "postgres", retired }] },
      restored: [{ name: "second", to: "2026-11-29T10:00:00Z" }],
    };
    expect(problemsOf({ environments: { staging: { ...off, postgres: beside } } })).toEqual([
      "environments.staging.postgres.restored: does not go with nights: off, which stops one server; leave one of them out",
      "environments.staging.postgres.former: does not go with nights: off, which stops one server; leave one of them out",
    ]);
    const gone = { ...off.postgres, restored: [], former: [] };
    expect(problemsOf({ environments: { staging: { ...off, postgres: gone } } })).toBeUndefined();
  });

  it("has no job that needs it then", () => {
    const { environments } = environmentsSchema.parse({ environments: { staging: off } });
    const jobs = (schedule: string, databases: string[] = ["shop"]) => [
      serviceSchema.parse({ ...{ name: "nightly", kind: "job", tier: "P1", schedule, timeoutSeconds: 60 }, databases }),
    ];
    const problems = (services: ReturnType<typeof jobs>) =>
      jobsRunWhileDatabasesDo({ services: { services }, environments: { environments, presets: {} } }).map(
        ({ message }) => message,
      );
    expect(problems(jobs("0 2 * * *"))).toEqual([
      "nightly uses a database and runs while that is stopped; take nights: off out of postgres, or run it on weekdays between 4:00 and 19:00 UTC",
    ]);
    expect(problems(jobs("0 12 * * *"))).toHaveLength(1); // at weekends, too
    expect(problems(jobs("0 12 1 * *"))).toHaveLength(1); // the first may be a Sunday
    expect(problems(jobs("30 4 * * 1-5"))).toEqual([]);
    expect(problems(jobs("0 2 * * *", []))).toEqual([]);
  });
});

describe("an environment that stands by for another", () => {
  const { postgres: _, ...without } = whole;
  const large = {
    ...whole,
    postgres: {
      ...{ version: "16", size: "d4", databases: ["shop"], highAvailability: "zone", replicas: [{ name: "debug" }] },
      ...{ key: "own", geoRedundantBackup: false },
    },
  };
  const withStandby = (standby: object, prod: object = large) => ({
    environments: { dr: { ...without, standby }, prod },
  });

  it("has the other's databases, as large as they are or larger, and neither its standby nor its replicas", () => {
    const postgres = (standby: object) => environmentsSchema.parse(withStandby(standby)).environments.dr?.postgres;
    expect(postgres({ of: "prod" })).toEqual({ version: "16", size: "d4", databases: ["shop"], key: "own" });
    expect(postgres({ of: "prod", size: "d8" })).toMatchObject({ size: "d8" });
  });

  it("is refused when there is nothing to stand by for, or when it could not take over", () => {
    const standby = "environments.dr.standby";
    expect(problemsOf(withStandby({ of: "prod" }))).toBeUndefined();
    expect(problemsOf(withStandby({ of: "live" }))).toEqual([
      `${standby}.of: no environment "live" with a server of its own`,
    ]);
    expect(problemsOf(withStandby({ of: "prod" }, whole))).toEqual([
      `${standby}.of: the server of prod is Burstable ("b1ms"), which has no replicas`,
    ]);
    expect(problemsOf(withStandby({ of: "prod", size: "d2" }))?.join()).toContain(
      `${standby}.size: "d2" does not keep up with the server's "d4"`,
    );
    const read = { ...large, postgres: { ...large.postgres, reader: "debug" } };
    expect(problemsOf(withStandby({ of: "prod" }, read))?.join()).toContain('the server of prod has a reader, "debug"');
    const both = { environments: { dr: { ...large, standby: { of: "prod" } }, prod: large } };
    expect(problemsOf(both)).toEqual([`${standby}: stands beside postgres; say one`]);
  });

  it("has the other's objects where they are copied to, and none of its own", () => {
    const objects = { redundancy: "zone", recoveryDays: 7, containers: [{ name: "exports" }] };
    const of = { ...large, objects: { ...objects, copiesTo: "northeurope" } };
    const found = environmentsSchema.parse(withStandby({ of: "prod" }, of)).environments;
    expect(found.dr?.objects).toEqual(found.prod?.objects);
    expect(problemsOf(withStandby({ of: "prod" }, { ...large, objects }))).toEqual([
      "environments.dr.standby.of: the objects of prod are copied nowhere; give them copiesTo, the standby's region",
    ]);
    const { environments } = withStandby({ of: "prod" }, of);
    expect(problemsOf({ environments: { ...environments, dr: { ...environments.dr, objects } } })).toEqual([
      "environments.dr.standby: stands beside objects; say one",
    ]);
  });
});

describe("what an environment says of services", () => {
  const found = (settings: Record<string, object>) => {
    const environments = environmentsSchema.parse({ environments: { prod: { ...whole, services: settings } } });
    return settingsFitServices({ services: { services }, environments }).map(
      ({ path, message }) => `${path.join(".")}: ${message}`,
    );
  };

  it("is of services that there are", () => {
    expect(found({ api: { cpu: 0.5 } })).toEqual([]);
    expect(found({ apo: { cpu: 0.5 } })).toEqual([
      'environments.prod.services.apo: no service "apo" in services.yaml; did you mean "api"?',
    ]);
  });

  it("makes services that their schema allows", () => {
    expect(found({ api: { scale: { min: 9 } } })).toEqual([
      expect.stringContaining("environments.prod.services.api.scale.min: min is above max"),
    ]);
  });
});
