/** Entries on a page of GitHub's lists: the most that it gives. */
const perPage = 100;

/** What one request of a list is sent. */
export interface PageQuery {
  readonly per_page: number;
  readonly page: number;
}

/** What a list's pages held, and whether those were all. */
export interface ReadPages<Entry> {
  readonly entries: readonly Entry[];
  readonly complete: boolean;
}

/**
 * Reads a list of GitHub's page by page, until one is not full.
 *
 * @param ask asks for one page
 * @param mostPages how many are read at most. Default: all
 */
export async function readPages<Entry>(
  ask: (query: PageQuery) => Promise<readonly Entry[]>,
  mostPages = Number.POSITIVE_INFINITY,
): Promise<ReadPages<Entry>> {
  const entries: Entry[] = [];
  for (let page = 1; page <= mostPages; page += 1) {
    const found = await ask({ per_page: perPage, page });
    entries.push(...found);
    if (found.length < perPage) return { entries, complete: true };
  }
  return { entries, complete: false };
}
