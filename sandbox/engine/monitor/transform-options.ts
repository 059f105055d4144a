import { Alias as ProtoAlias } from "@pulumi/pulumi/proto/alias_pb";
import { RegisterResourceRequest, TransformResourceOptions } from "@pulumi/pulumi/proto/resource_pb";
import type { Alias, Goal } from "../plan/goal";
import { aliasOf, type PluginRequest, timeoutSeconds } from "./decode-request";

/** A goal's options in the form in which transforms get them. */
export function optionsOf(goal: Goal, plugin: PluginRequest): TransformResourceOptions {
  const options = new TransformResourceOptions();
  options.setDependsOnList([...goal.dependencies]);
  if (goal.protect !== undefined) options.setProtect(goal.protect);
  options.setIgnoreChangesList([...goal.ignoreChanges]);
  options.setReplaceOnChangesList([...goal.replaceOnChanges]);
  options.setVersion(plugin.version);
  options.setPluginDownloadUrl(plugin.downloadUrl);
  options.setAliasesList(goal.aliases.map(protoAlias));
  options.setProvider(goal.provider);
  options.setCustomTimeouts(protoTimeouts(goal));
  if (goal.retainOnDelete !== undefined) options.setRetainOnDelete(goal.retainOnDelete);
  options.setDeletedWith(goal.deletedWith);
  if (goal.deleteBeforeReplace !== undefined) options.setDeleteBeforeReplace(goal.deleteBeforeReplace);
  options.setAdditionalSecretOutputsList([...goal.additionalSecretOutputs]);
  options.setImport(goal.importId);
  options.setReplaceWithList([...goal.replaceWith]);
  return options;
}

/** The goal with the options that a transform returned. */
export function withOptions(goal: Goal, options: TransformResourceOptions): Goal {
  const timeouts = options.getCustomTimeouts();
  return {
    ...goal,
    dependencies: [...new Set(options.getDependsOnList())],
    protect: options.hasProtect() ? options.getProtect() : undefined,
    ignoreChanges: options.getIgnoreChangesList(),
    replaceOnChanges: options.getReplaceOnChangesList(),
    aliases: options.getAliasesList().map(aliasOf),
    provider: options.getProvider(),
    customTimeouts: {
      create: timeoutSeconds(timeouts?.getCreate() ?? ""),
      update: timeoutSeconds(timeouts?.getUpdate() ?? ""),
      delete: timeoutSeconds(timeouts?.getDelete() ?? ""),
    },
    retainOnDelete: options.hasRetainOnDelete() ? options.getRetainOnDelete() : undefined,
    deletedWith: options.getDeletedWith(),
    deleteBeforeReplace: options.hasDeleteBeforeReplace() ? options.getDeleteBeforeReplace() : undefined,
    additionalSecretOutputs: options.getAdditionalSecretOutputsList(),
    importId: options.getImport(),
    replaceWith: options.getReplaceWithList(),
  };
}

function protoAlias(alias: Alias): ProtoAlias {
  const proto = new ProtoAlias();
  if (alias.kind === "urn") {
    proto.setUrn(alias.urn);
    return proto;
  }
  const spec = new ProtoAlias.Spec();
  spec.setName(alias.name);
  spec.setType(alias.type);
  spec.setStack(alias.stack);
  spec.setProject(alias.project);
  if (alias.parent.kind === "urn") spec.setParenturn(alias.parent.urn);
  if (alias.parent.kind === "none") spec.setNoparent(true);
  proto.setSpec(spec);
  return proto;
}

function protoTimeouts({ customTimeouts }: Goal): RegisterResourceRequest.CustomTimeouts {
  const proto = new RegisterResourceRequest.CustomTimeouts();
  const text = (seconds: number) => (seconds === 0 ? "" : `${seconds}s`);
  proto.setCreate(text(customTimeouts.create));
  proto.setUpdate(text(customTimeouts.update));
  proto.setDelete(text(customTimeouts.delete));
  return proto;
}
