/** A file of the repository that is written by a program. */
export interface GeneratedFile {
  /** From the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface GeneratorRequest {
  /** The repository's root. */
  readonly root: string;
  readonly signal: AbortSignal;
}

/**
 * What `npm run generate` writes. A module beside its subject exports one as `generator`; the command finds it by its file's name.
 * `<subject>.data-generator.ts` writes what the program reads, so it must load without that being there, and is written first.
 * `<subject>.generator.ts` writes what the program says, or does when it is run.
 */
export interface Generator {
  /** Directories in which every file is this generator's: one that it does not write any more is removed. Default: none. */
  readonly directories?: readonly string[];
  /** What the files hold now. Writes nothing. */
  files(request: GeneratorRequest): readonly GeneratedFile[] | Promise<readonly GeneratedFile[]>;
}
