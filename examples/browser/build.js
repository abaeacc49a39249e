// node build.js OUT FOLDER...: writes a static site that runs the artifacts in these folders.

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

const ORT = "node_modules/onnxruntime-web/dist";
const ORT_FILES = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
const PAGE = ["index.html", "page.css", "page.js", "form.js", "answer.js", "offline.js"];
const MODEL = ["model.onnx", "model.json", "vectors.json"];

const [out, ...folders] = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: node build.js OUT FOLDER...");
  process.exit(2);
}
const here = import.meta.dirname;
const files = [];
for (const file of PAGE) await copy(`${here}/${file}`, file);
await copy(`${here}/../node/skiff.js`, "skiff.js");
for (const file of ORT_FILES) await copy(`${here}/${ORT}/${file}`, `ort/${file}`);

const models = [];
for (const folder of folders.map((name) => resolve(name))) {
  const path = `models/${basename(dirname(folder))}/${basename(folder)}`;
  for (const file of MODEL) await copy(`${folder}/${file}`, `${path}/${file}`);
  const { name, title } = JSON.parse(await readFile(`${folder}/model.json`, "utf8"));
  models.push({ path, title: title || name });
}
await writeFile(`${out}/models.json`, JSON.stringify(models, null, 2) + "\n");
await writeFile(`${out}/files.json`, JSON.stringify(["models.json", ...files], null, 2) + "\n");
console.log(`${out}: ${models.length} models`);

/** Copies a file into the site, among those that the page needs. */
async function copy(from, to) {
  await mkdir(dirname(`${out}/${to}`), { recursive: true });
  await cp(from, `${out}/${to}`);
  files.push(to);
}
