// Stands for `gh api` as far as comments of issues go: they are kept in the file COMMENTS, and read by pages as GitHub gives them.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const { COMMENTS = "", GH_TOKEN, FAILING } = process.env;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jq: { type: "string" },
    method: { type: "string", default: "GET" },
    paginate: { type: "boolean", default: false },
    "raw-field": { type: "string", default: "" },
    silent: { type: "boolean", default: false },
  },
});
const [command, address = ""] = positionals;
const fail = (message) => {
  console.error(`gh: ${message}`);
  process.exit(1);
};
if (command !== "api" || GH_TOKEN !== "token") fail("HTTP 401");
if (FAILING === values.method) fail("Resource not accessible by integration (HTTP 403)");

const comments = JSON.parse(readFileSync(COMMENTS, "utf8"));
const { pathname, searchParams } = new URL(address, "https://api.github.com");
const body = values["raw-field"].replace(/^body=/, "");
const [, number, id] =
  /^\/repos\/alai-org\/alai-home-web\/issues\/(?:(\d+)\/comments|comments\/(\d+))$/.exec(pathname) ?? [];
if (values.method === "GET" && number === "7") {
  const size = Number(searchParams.get("per_page") ?? 30);
  const end = values.paginate ? Math.max(comments.length, 1) : 1;
  for (let start = 0; start < end; start += size) {
    const page = JSON.stringify(comments.slice(start, start + size));
    process.stdout.write(spawnSync("jq", ["-r", values.jq], { input: page, encoding: "utf8" }).stdout);
  }
} else if (values.method === "POST" && number === "7") {
  const login = "github-actions[bot]";
  writeFileSync(COMMENTS, JSON.stringify([...comments, { id: comments.length + 1, user: { login }, body }]));
} else if (values.method === "PATCH" && comments.some((comment) => String(comment.id) === id)) {
  writeFileSync(COMMENTS, JSON.stringify(comments.map((one) => (String(one.id) === id ? { ...one, body } : one))));
} else fail("Not Found (HTTP 404)");
