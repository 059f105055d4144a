// Writes test/fixtures/github-requests.json: of GitHub's published description, the bodies of the requests that our types send.
// The package holds six descriptions and takes 470 MB when it is installed, so it is no dependency:
//   npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz package/generated/api.github.com.json
//   node test/sandbox/clouds/referees/take-github-requests.mjs package/generated/api.github.com.json
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const operations = [
  "POST /orgs/{org}/repos",
  "PATCH /repos/{owner}/{repo}",
  "POST /repos/{owner}/{repo}/actions/variables",
  "POST /repos/{owner}/{repo}/labels",
  "PUT /repos/{owner}/{repo}/environments/{environment_name}",
  "POST /repos/{owner}/{repo}/environments/{environment_name}/deployment-branch-policies",
  "PUT /repos/{owner}/{repo}/contents/{path}",
  "POST /repos/{owner}/{repo}/rulesets",
  "PUT /repos/{owner}/{repo}/actions/permissions/workflow",
  "PUT /repos/{owner}/{repo}/actions/permissions",
  "PUT /repos/{owner}/{repo}/actions/permissions/selected-actions",
  "PUT /repos/{owner}/{repo}/actions/permissions/access",
  "PUT /repos/{owner}/{repo}/actions/oidc/customization/sub",
];
const description = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const spoken = ["description", "example", "examples", "title", "deprecated", "default", "externalDocs"];

function schemaOf(value) {
  if (Array.isArray(value)) return value.map(schemaOf);
  if (value === null || typeof value !== "object") return value;
  if (value.$ref !== undefined) {
    return schemaOf(
      value.$ref
        .slice(2)
        .split("/")
        .reduce((part, key) => part[key], description),
    );
  }
  const properties = (map) => Object.fromEntries(Object.entries(map).map(([name, part]) => [name, schemaOf(part)]));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !spoken.includes(key) && !key.startsWith("x-"))
      .map(([key, part]) => [key, key === "properties" ? properties(part) : schemaOf(part)]),
  );
}

const bodies = operations.map((operation) => {
  const [method = "", path = ""] = operation.split(" ");
  const request = description.paths[path][method.toLowerCase()].requestBody.content["application/json"];
  return [operation, schemaOf(request.schema)];
});
const file = join(fileURLToPath(import.meta.url), "..", "..", "..", "..", "fixtures", "github-requests.json");
writeFileSync(file, `${JSON.stringify(Object.fromEntries(bodies), undefined, 1)}\n`);
