/** How Azure says that something is not there, in the text of a failed read. */
const notFound =
  /\b(ResourceNotFound|ResourceGroupNotFound|NotFound|ParentResourceNotFound)\b|\bstatus(?:code)?[=: ]*404\b/i;

/**
 * Reads what may not exist yet: the running image, the version of a server. Nothing is made.
 *
 * @returns undefined when the provider says it is not there; any other failure is thrown
 */
export async function readExisting<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Error && notFound.test(error.message)) return undefined;
    throw error;
  }
}
