// The answer: what is predicted for each target, and how sure the model is, as bars.

const FEW = 4; // more numbers than that are a list

/** Returns the elements that show one record's predictions. */
export function answered(manifest, predictions) {
  const numbers = predictions.every(({ prediction }) => typeof prediction === "number");
  const plain = numbers && manifest.targets.every(({ classes }) => !classes);
  if (plain && predictions.length > FEW) return [list(predictions.map(line))];
  return predictions.flatMap((prediction, index) => one(manifest.targets[index], prediction));
}

/** Returns one prediction as a heading and a bar for each probability, score or distance. */
function one({ name, classes }, { prediction, probabilities, scores, distances }) {
  const known = classes?.find(({ label }) => label === prediction)?.name;
  const shown = known ?? (prediction === "" ? "(empty)" : written(prediction));
  const heading = element("h2", { textContent: name });
  const value = element("p", { className: "prediction", textContent: shown });
  const entries = Object.entries(probabilities ?? scores ?? distances ?? {});
  const greatest = Math.max(...entries.map(([, number]) => Math.abs(number)), Number.MIN_VALUE);
  const [low, high] = [scores ? -greatest : 0, probabilities ? 1 : greatest];
  return [heading, value, list(entries.map((entry) => bar(entry, low, high, known ?? shown)))];
}

/** Returns a bar from zero to `number`, on a track from `low` to `high`. */
function bar([name, number], low, high, predicted) {
  const row = element("div", { className: name === predicted ? "bar predicted" : "bar" });
  const place = (at) => (100 * (at - low)) / (high - low);
  const track = element("div", { role: "meter", ariaLabel: name });
  for (const [key, at] of Object.entries({ Min: low, Max: high, Now: number })) track[`ariaValue${key}`] = at;
  const fill = element("i", {});
  fill.style.left = `${place(Math.min(number, 0))}%`;
  fill.style.right = `${100 - place(Math.max(number, 0))}%`;
  track.append(fill);
  const label = element("span", { textContent: name, title: name });
  row.append(label, track, element("output", { textContent: number.toFixed(4) }));
  return row;
}

function line({ target, prediction }) {
  const row = element("div", { className: "value" });
  row.append(element("span", { textContent: target }), element("output", { textContent: written(prediction) }));
  return row;
}

function list(children) {
  const all = element("div", { className: "scroll" });
  all.append(...children);
  return all;
}

function written(value) {
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
