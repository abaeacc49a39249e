import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import * as ort from "onnxruntime-node";
import { Model, open, ulpDistance } from "./skiff.js";

const ARTIFACTS = process.env.SKIFF_ARTIFACTS ?? "../../artifacts";
const iris = await open(ort, `${ARTIFACTS}/iris/1`);
const penguins = await open(ort, `${ARTIFACTS}/penguins/1`);
const flower = { feature1: 5.1, feature2: 3.5, feature3: 1.4, feature4: 0.2 };
const bird = { island: "Dream", bill_length_mm: 41.5, bill_depth_mm: 18.5, year: 2009 };

/** @param {string} folder */
const vectorsOf = (folder) => JSON.parse(readFileSync(`${folder}/vectors.json`, "utf8"));

const folders = readdirSync(ARTIFACTS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => `${ARTIFACTS}/${entry.name}/1`);

for (const folder of folders) {
  test(`${folder} answers its golden rows as scikit-learn did`, async () => {
    const model = await open(ort, folder);
    assert.equal((await model.replay(vectorsOf(folder))).agrees, true);
  });

  test(`${folder} predicts what its outputs hold`, async () => {
    const model = await open(ort, folder);
    const vectors = vectorsOf(folder);
    const answers = await model.predict(vectors.rows);
    const first = vectors.outputs.label ?? vectors.outputs.prediction;
    const wide = Array.isArray(first[0]);
    answers.forEach((answer, row) => {
      const found = answer.map(({ prediction }) => prediction);
      const expected = wide ? first[row] : [first[row]];
      for (const [index, value] of found.entries()) {
        if (typeof value !== "number") assert.equal(value, expected[index]);
        else assert.ok(Math.abs(value - expected[index]) <= 1e-9 * Math.abs(value));
      }
    });
  });
}

test("an answer has the label, its probability, and those of all classes by name", async () => {
  const [[answer]] = await iris.predict([flower]);
  assert.deepEqual(Object.keys(answer), ["target", "prediction", "probabilities", "probability"]);
  assert.deepEqual(Object.keys(answer.probabilities ?? {}), ["setosa", "versicolor", "virginica"]);
  assert.equal(answer.prediction, 0);
  assert.equal(answer.probability, answer.probabilities?.setosa);
});

test("a missing value may be null or left out", async () => {
  const [[left], [nulled]] = await penguins.predict([bird, { ...bird, sex: null }]);
  assert.deepEqual(left, nulled);
  assert.equal(left.prediction, "Adelie");
});

test("a feature may have the name of an object's own method", async () => {
  const manifest = structuredClone(penguins.manifest);
  const sex = manifest.features.find(({ name }) => name === "sex");
  assert.ok(sex);
  sex.name = "constructor";
  const renamed = new Model(ort, penguins.session, manifest);
  assert.deepEqual(await renamed.predict([bird]), await penguins.predict([bird]));
});

for (const [record, message] of /** @type {[Record<string, any>, string][]} */ ([
  [{ ...bird, colour: "black" }, "colour: there is no such feature"],
  [{ ...bird, island: null }, "island: required, and never missing in training"],
  [{ ...bird, island: 3 }, "island: expected string; got 3"],
  [{ ...bird, sex: "\ufdd0" }, 'sex: expected string; got "\ufdd0"'],
  [{ ...bird, bill_length_mm: "41.5" }, 'bill_length_mm: expected float64; got "41.5"'],
  [{ ...bird, year: 2009.5 }, "year: expected int64; got 2009.5"],
])) {
  test(`refuses a record: ${message}`, async () => {
    await assert.rejects(penguins.predict([record]), { name: "TypeError", message });
  });
}

test("a planted mismatch is found: a label, a number, a missing number", async () => {
  const folder = `${ARTIFACTS}/iris/1`;
  const label = vectorsOf(folder);
  label.outputs.label[3] = (label.outputs.label[3] + 1) % 3;
  const planted = await iris.replay(label);
  assert.deepEqual([planted.labelMismatches, planted.agrees], [1, false]);
  for (const wrong of [0.5, null]) {
    const number = vectorsOf(folder);
    number.outputs.probabilities[3][1] = wrong;
    assert.equal((await iris.replay(number)).agrees, false);
  }
});

test("distances are counted in doubles", () => {
  assert.equal(ulpDistance(1, 1 + Number.EPSILON), 1);
  assert.equal(ulpDistance(-5e-324, 5e-324), 3);
  assert.equal(ulpDistance(NaN, NaN), 0);
  assert.equal(ulpDistance(NaN, 1), Infinity);
});
