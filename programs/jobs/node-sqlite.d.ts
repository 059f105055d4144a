/** What the jobs use of the SQLite in Node.js 22.13 or newer, which the types of Node.js 20 do not have. */
declare module "node:sqlite" {
  export class DatabaseSync {
    constructor(path: string, options: { readonly readOnly: boolean });
    prepare(sql: string): { all(): Record<string, unknown>[] };
    close(): void;
  }
}
