// Holds JSON documents to their schemas with ajv, and the OpenAPI description to the specification's own schema.
// Reads {"openapi": file, "schemas": {name: file}, "documents": [[name, file], …]} on standard input; writes what is wrong.
import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const asked = JSON.parse(readFileSync(0, "utf8"));
const wrong = [];

const openapi = read(asked.openapi);
const validator = new Validator();
for (const file of Object.values(asked.schemas)) validator.addSpecRef(read(file), read(file).$id);
const told = await validator.validate(structuredClone(openapi));
if (!told.valid) wrong.push(`openapi: ${JSON.stringify(told.errors)}`);

// A key of ours that no document of this run has may still come; one that no schema names may not.
const closed = (node) => {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== "object") return node;
  const out = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value)]));
  return "properties" in out ? { ...out, additionalProperties: false } : out;
};
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true, allowUnionTypes: true });
addFormats(ajv);
ajv.addVocabulary(["x-audience"]); // ours: who may read a field that people type
const checks = {};
for (const [name, file] of Object.entries(asked.schemas)) {
  try {
    checks[name] = ajv.compile(closed(read(file)));
  } catch (error) {
    wrong.push(`schema ${name}: ${error.message}`);
  }
}
for (const [name, file] of asked.documents) {
  const check = checks[name];
  if (check && !check(read(file))) {
    const first = check.errors.slice(0, 3).map((e) => `${e.instancePath} ${e.message} ${JSON.stringify(e.params)}`);
    wrong.push(`${file}: ${first.join("; ")}`);
  }
}
console.log(JSON.stringify({ version: told.version ?? openapi.openapi, wrong, checked: asked.documents.length }));
