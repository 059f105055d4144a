import { interpolate } from "@pulumi/pulumi";
import { DnsExport } from "../../components/dns-export/dns-export";
import type { DnsZone } from "../../components/dns-zone/dns-zone";
import { GitMirror } from "../../components/git-mirror/git-mirror";
import type { ScriptPlacement } from "../../components/scheduled-script/scheduled-script";
import { monitoredUrls } from "../../components/static-site/site-plan";
import { UptimeCheck } from "../../components/uptime-check/uptime-check";
import type { StackConfiguration } from "../stack-configuration";
import type { ControlPlane } from "./control-plane";
import type { AlaiInventory } from "./inventory";
import { scriptImage } from "./script-image";

/** What runs by the clock: uptime checks of every site, weekly exports of the zones, daily mirrors of the repositories. */
export function deployScheduledScripts(
  { context, settings }: StackConfiguration,
  inventory: AlaiInventory,
  { resourceGroupName, environment, vault, backups }: ControlPlane,
  zones: readonly DnsZone[],
): void {
  const placement: ScriptPlacement = { context, resourceGroupName, environment, image: scriptImage };
  const container = (name: string) => ({
    id: backups.containerId(name),
    url: interpolate`${backups.blobEndpoint}${name}`,
  });

  new UptimeCheck("uptime", {
    ...placement,
    urls: monitoredUrls(inventory.sites.sites),
    slackWebhook: vault.secret("slack-infra-alerts-webhook"),
  });
  new DnsExport("dns-export", {
    ...placement,
    zones: zones.map((zone) => zone.exportTarget),
    apiToken: vault.secret("dns-read-token"),
    container: container("dns-exports"),
  });
  new GitMirror("git-mirror", {
    ...placement,
    owner: settings.require("githubOwner"),
    repositories: inventory.repositories.repositories.map((entry) => entry.name),
    token: vault.secret("git-read-token"),
    container: container("system-git-bundles"),
  });
}
