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
  const model = await open(ort, folder);
  const vectors = JSON.parse(await readFile(`${folder}/vectors.json`, "utf8"));
  const verdict = await model.replay(vectors);
  console.log(
    `${basename(dirname(folder))}/${basename(folder)}: ${verdict.rows} rows, ` +
      `${verdict.labelMismatches} label mismatches, ${verdict.maxUlp} ulp, ` +
      `${verdict.maxRelative.toExponential(1)} relative: ${verdict.agrees ? "agrees" : "DISAGREES"}`,
  );
  if (!verdict.agrees) process.exitCode = 1;
}
