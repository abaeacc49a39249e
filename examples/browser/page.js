// The page: a form made from the manifest, the answer as bars, and the golden rows replayed.

import { answered } from "./answer.js";
import { Form } from "./form.js";
import * as ort from "./ort/ort.wasm.min.mjs";
import { Model } from "./skiff.js";

ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
ort.env.wasm.numThreads = 1;

const byId = (id) => document.getElementById(id);

// Once the page is open, it opens without a network, too.
await navigator.serviceWorker?.register("offline.js").catch(() => undefined);

const models = await json("models.json");
byId("model").append(...models.map(({ path, title }) => new Option(title, path)));
byId("choice").hidden = models.length < 2;
byId("model").addEventListener("change", () => show(byId("model").value));
await show(models[0].path);

/** Opens one model, and answers the record of its examples. */
async function show(path) {
  setReady(false);
  byId("verdict").textContent = "";
  byId("answer").textContent = "Loading the model …";
  byId("features").replaceChildren();
  try {
    const manifest = await json(`${path}/model.json`);
    const vectors = await json(`${path}/vectors.json`);
    const bytes = new Uint8Array(await (await get(`${path}/model.onnx`)).arrayBuffer());
    const model = await Model.load(ort, bytes, manifest);
    document.title = manifest.title || manifest.name;
    byId("title").textContent = document.title;
    byId("description").textContent = manifest.description;
    const form = new Form(manifest.features);
    byId("features").replaceChildren(...form.elements);
    const answer = () => report(byId("answer"), () => predict(model, form.record()));
    byId("form").onsubmit = async (event) => {
      event.preventDefault();
      await answer();
      byId("answer").scrollIntoView({ block: "nearest", behavior: "smooth" });
    };
    byId("replay").onclick = () => report(byId("verdict"), () => replay(model, vectors));
    await answer();
    setReady(true);
  } catch (error) {
    byId("answer").replaceChildren(problem(error));
  }
}

function setReady(ready) {
  for (const button of document.querySelectorAll("button")) button.disabled = !ready;
}

/** Fills `place` with what `work` returns, or with why it failed. */
async function report(place, work) {
  try {
    place.replaceChildren(...(await work()));
  } catch (error) {
    place.replaceChildren(problem(error));
  }
}

async function predict(model, record) {
  const [predictions] = await model.predict([record]);
  return answered(model.manifest, predictions);
}

async function replay(model, vectors) {
  const { rows, labelMismatches, maxUlp, maxRelative, agrees } = await model.replay(vectors);
  const numbers = `${rows} rows, ${labelMismatches} label mismatches, ${maxUlp} ulp`;
  const says = agrees ? "agrees" : "DISAGREES";
  const verdict = document.createElement("span");
  verdict.className = says.toLowerCase();
  verdict.textContent = `${numbers}, ${maxRelative.toExponential(1)} relative: ${says} with scikit-learn.`;
  return [verdict];
}

function problem(error) {
  const paragraph = document.createElement("p");
  paragraph.className = "problem";
  paragraph.textContent = error.message;
  return paragraph;
}

async function json(path) {
  return (await get(path)).json();
}

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response;
}
