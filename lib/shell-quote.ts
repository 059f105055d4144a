/** The text as one word of a POSIX shell, whatever is in it. @example quoteForShell("it's") // 'it'\''s' */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
