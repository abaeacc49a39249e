// node build.js OUT FOLDER...: writes a static site that runs the artifacts in these folders.

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

const ORT = "node_modules/onnxruntime-web/dist";
const ORT_FILES = ["ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"];
const PAGE = ["index.html", "page.css", "page.js"];

const [out, ...folders] = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: node build.js OUT FOLDER...");
  process.exit(2);
}
const here = import.meta.dirname;
for (const file of PAGE) await cp(`${here}/${file}`, `${out}/${file}`);
await cp(`${here}/../node/skiff.js`, `${out}/skiff.js`);
for (const file of ORT_FILES) await cp(`${here}/${ORT}/${file}`, `${out}/ort/${file}`);

const models = [];
for (const folder of folders.map((name) => resolve(name))) {
  const path = `models/${basename(dirname(folder))}/${basename(folder)}`;
  await mkdir(`${out}/${path}`, { recursive: true });
  for (const file of ["model.onnx", "model.json", "vectors.json"]) {
    await cp(`${folder}/${file}`, `${out}/${path}/${file}`);
  }
  const { title } = JSON.parse(await readFile(`${folder}/model.json`, "utf8"));
  models.push({ path, title });
}
await writeFile(`${out}/models.json`, JSON.stringify(models, null, 2) + "\n");
console.log(`${out}: ${models.length} models`);
