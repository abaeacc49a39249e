// node replay.js FOLDER...: replays the golden rows of each artifact. Fails if one disagrees.

import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import * as ort from "onnxruntime-node";
import { open } from "./skiff.js";

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: node replay.js FOLDER...");
  process.exit(2);
}
for (const folder of folders.map((name) => resolve(name))) {
  const name = `${basename(dirname(folder))}/${basename(folder)}`;
  try {
    console.log(`${name}: ${await replay(folder)}`);
  } catch (error) {
    console.log(`${name}: fails: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}

/** @param {string} folder */
async function replay(folder) {
  const model = await open(ort, folder);
  const vectors = JSON.parse(await readFile(`${folder}/vectors.json`, "utf8"));
  const verdict = await model.replay(vectors);
  if (!verdict.agrees) process.exitCode = 1;
  return (
    `${verdict.rows} rows, ${verdict.labelMismatches} label mismatches, ${verdict.maxUlp} ulp, ` +
    `${verdict.maxRelative.toExponential(1)} relative: ${verdict.agrees ? "agrees" : "DISAGREES"}`
  );
}
