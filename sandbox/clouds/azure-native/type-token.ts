/** Old names of types that the provider renamed; a program or an alias may still use them. */
const renamed: Readonly<Record<string, string>> = {
  "insights:DiagnosticSetting": "monitor:DiagnosticSetting",
  "insights:ActionGroup": "monitor:ActionGroup",
  "insights:MetricAlert": "monitor:MetricAlert",
  "insights:ScheduledQueryRule": "monitor:ScheduledQueryRule",
  "insights:Component": "applicationinsights:Component",
  "cache:Redis": "redis:Redis",
  "cache:RedisEnterprise": "redisenterprise:RedisEnterprise",
  "network:PrivateZone": "privatedns:PrivateZone",
  "network:VirtualNetworkLink": "privatedns:VirtualNetworkLink",
  "network:PrivateRecordSet": "privatedns:PrivateRecordSet",
  "dbforpostgresql:Administrator": "dbforpostgresql:AdministratorsMicrosoftEntra",
};

/** `azure-native:storage/v20230101:StorageAccount` and old names become the token the rules use. */
export function canonicalType(type: string): string {
  const unversioned = type.replace(/^(azure-native:[^/:]+)\/v\d{8}(?:preview|privatepreview)?:/, "$1:");
  const [packageName = "", ...rest] = unversioned.split(":");
  const name = rest.join(":");
  return `${packageName}:${renamed[name] ?? name}`;
}
