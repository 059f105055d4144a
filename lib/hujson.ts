/** Turns HuJSON (JSON with comments and trailing commas) into JSON of the same length, so that error positions stay right. */
export function standardizeHuJson(text: string): string {
  let result = "";
  let position = 0;
  while (position < text.length) {
    const token = tokenAt(text, position);
    result += token.isComment ? token.text.replace(/[^\n]/g, " ") : token.text;
    position += token.text.length;
  }
  return withoutTrailingCommas(result);
}

interface Token {
  readonly text: string;
  readonly isComment: boolean;
}

/** A whole string, a whole comment, or one character. */
function tokenAt(text: string, position: number): Token {
  const rest = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[\s\S]/y;
  rest.lastIndex = position;
  const found = rest.exec(text)?.[0] ?? "";
  return { text: found, isComment: found.startsWith("//") || found.startsWith("/*") };
}

function withoutTrailingCommas(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])/g, (found) => (found === "," ? " " : found));
}

/** Parses HuJSON. Throws a `SyntaxError` that says where. */
export function parseHuJson(text: string): unknown {
  return JSON.parse(standardizeHuJson(text));
}
