import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { errorCode } from "../../lib/file-access";
import { stateContainer } from "../release/release-journal";

/** The files of a backend in a folder. */
export interface BackendFiles {
  /** Empty where there is no such folder. */
  names(): Promise<readonly string[]>;
  text(name: string): Promise<string>;
}

/**
 * What Pulumi keeps beside states, in a storage account or a directory.
 *
 * @param url the backend's. @example "azblob://prod"
 * @param folder @example ".pulumi/history/landscape/prod"
 * @throws when it is another kind of backend
 */
export function backendFiles(url: string, folder: string): BackendFiles {
  return url.startsWith("file://") ? filesOfDirectory(join(fileURLToPath(url), folder)) : filesOfContainer(url, folder);
}

function filesOfDirectory(directory: string): BackendFiles {
  return {
    names: async () => {
      try {
        return await readdir(directory);
      } catch (error) {
        if (errorCode(error) === "ENOENT") return [];
        throw error;
      }
    },
    text: (name) => readFile(join(directory, name), "utf8"),
  };
}

function filesOfContainer(url: string, folder: string): BackendFiles {
  const container = stateContainer(url);
  return {
    names: async () => {
      const names: string[] = [];
      for await (const { name } of container.listBlobsFlat({ prefix: `${folder}/` }))
        names.push(name.slice(folder.length + 1));
      return names;
    },
    text: async (name) => (await container.getBlobClient(`${folder}/${name}`).downloadToBuffer()).toString("utf8"),
  };
}
