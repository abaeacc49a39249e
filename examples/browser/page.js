// The page: a form made from the manifest, the answer as bars, and the golden rows replayed.

import * as ort from "./ort/ort.wasm.min.mjs";
import { Model } from "./skiff.js";

ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
ort.env.wasm.numThreads = 1;

const byId = (id) => document.getElementById(id);
const models = await json("models.json");

byId("model").append(...models.map(({ path, title }) => new Option(title || path, path)));
byId("choice").hidden = models.length < 2;
byId("model").addEventListener("change", () => show(byId("model").value));
await show(models[0].path);

/** Loads one model and shows its form. */
async function show(path) {
  setReady(false);
  byId("verdict").textContent = "";
  byId("answer").textContent = "Loading the model …";
  try {
    const manifest = await json(`${path}/model.json`);
    const vectors = await json(`${path}/vectors.json`);
    const bytes = new Uint8Array(await (await get(`${path}/model.onnx`)).arrayBuffer());
    const model = await Model.load(ort, bytes, manifest);
    document.title = manifest.title || manifest.name;
    byId("title").textContent = document.title;
    byId("description").textContent = manifest.description;
    byId("features").replaceChildren(...manifest.features.map(field));
    byId("answer").textContent = "";
    byId("form").onsubmit = (event) => {
      event.preventDefault();
      void report(byId("answer"), () => answer(model));
    };
    byId("replay").onclick = () => report(byId("verdict"), () => replay(model, vectors));
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

async function answer(model) {
  const [predictions] = await model.predict([record(model.manifest.features)]);
  return predictions.flatMap((prediction) => bars(model.manifest, prediction));
}

async function replay(model, vectors) {
  const { rows, labelMismatches, maxUlp, maxRelative, agrees } = await model.replay(vectors);
  const numbers = `${rows} rows, ${labelMismatches} label mismatches, ${maxUlp} ulp`;
  const says = agrees ? "agrees" : "DISAGREES";
  return [`${numbers}, ${maxRelative.toExponential(1)} relative: ${says} with scikit-learn.`];
}

/** Returns one prediction as a heading and a bar for each probability or score. */
function bars(manifest, { target, prediction, ...numbers }) {
  const classes = manifest.targets.find(({ name }) => name === target).classes;
  const named = classes?.find(({ label }) => label === prediction)?.name ?? String(prediction);
  const heading = element("h2", { textContent: target });
  const value = element("p", { className: "prediction", textContent: named });
  const shown = numbers.probabilities ?? numbers.scores ?? numbers.distances ?? {};
  const greatest = numbers.probabilities ? 1 : Math.max(...Object.values(shown).map(Math.abs));
  return [heading, value, ...Object.entries(shown).map(([name, number]) => bar(name, number, greatest))];
}

function bar(name, number, greatest) {
  const row = element("div", { className: "bar" });
  const label = element("span", { textContent: name, title: name });
  const meter = element("meter", { max: greatest || 1, value: Math.abs(number) });
  meter.setAttribute("aria-label", name);
  row.append(label, meter, element("output", { textContent: number.toFixed(4) }));
  return row;
}

/** Returns the form's field for one feature. */
function field(feature) {
  const label = element("label", { className: "feature" });
  label.append(feature.title, ...input(feature), element("small", { textContent: hint(feature) }));
  return label;
}

/** Returns the input of one feature, and the list of suggestions that goes with it. */
function input({ name, dtype, nullable, closed, categories, example }) {
  if (dtype === "bool" && !nullable) {
    return [element("input", { name, type: "checkbox", checked: example === true })];
  }
  const options = dtype === "bool" ? ["true", "false"] : closed ? categories : null;
  if (options) {
    const select = element("select", { name });
    if (nullable) select.append(new Option("(missing)", ""));
    select.append(...options.map((option) => new Option(option)));
    select.value = String(example ?? "");
    return [select];
  }
  const value = example ?? "";
  if (dtype !== "string") {
    const step = dtype === "int64" ? "1" : "any";
    return [element("input", { name, type: "number", step, required: !nullable, value })];
  }
  if (!categories) return [element("textarea", { name, value })];
  const text = element("input", { name, value });
  const seen = element("datalist", { id: `seen-${name}` });
  seen.append(...categories.map((category) => new Option(category)));
  text.setAttribute("list", seen.id);
  return [text, seen];
}

function hint({ dtype, nullable, minimum, maximum, categories }) {
  const seen =
    minimum !== null ? `seen in training: ${minimum} to ${maximum}`
    : categories !== null && categories.length <= 5 ? `seen in training: ${categories.join(", ")}`
    : dtype === "string" ? "text" : "";
  return [seen, nullable ? "may be empty: missing" : ""].filter(Boolean).join("; ");
}

/** Returns the form's content as a record; an empty field of a nullable feature is missing. */
function record(features) {
  const { elements } = byId("form");
  return Object.fromEntries(
    features.map(({ name, dtype, nullable }) => {
      const { type, checked, value, valueAsNumber } = elements.namedItem(name);
      if (type === "checkbox") return [name, checked];
      if (value === "" && nullable) return [name, null];
      if (dtype === "bool") return [name, value === "true"];
      return [name, dtype === "string" ? value : valueAsNumber];
    }),
  );
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}

function problem(error) {
  return element("p", { className: "problem", textContent: error.message });
}

async function json(path) {
  return (await get(path)).json();
}

async function get(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response;
}
