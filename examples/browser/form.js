// The form: one field for each feature, made from the manifest.

const MISSING = "\ufdd0"; // in no list of categories

export class Form {
  /** @param features those of the manifest */
  constructor(features) {
    this.fields = features.map((feature) => ({ feature, ...controls(feature) }));
    this.elements = this.fields.map(labelled);
  }

  /** Returns the content as a record; an empty field of a nullable feature is missing. */
  record() {
    return Object.fromEntries(
      this.fields.map(({ feature, control }) => [feature.name, read(feature, control)]),
    );
  }
}

function read({ dtype, nullable }, { type, checked, value }) {
  if (type === "checkbox") return checked;
  if (value === MISSING || (nullable && value === "" && type !== "select-one")) return null;
  if (dtype === "bool") return value === "true";
  return dtype === "string" ? value : Number(value);
}

function labelled({ feature, control, suggestions }) {
  const label = element("label", { className: "feature" });
  label.classList.toggle("long", control.type === "textarea");
  label.append(feature.title || feature.name, control, ...suggestions);
  label.append(element("small", { textContent: hint(feature) }));
  return label;
}

/** Returns the control of one feature, and the list of suggestions that goes with it. */
function controls({ dtype, nullable, closed, categories, values, example, name }) {
  const options = dtype === "bool" ? ["true", "false"] : closed ? categories : values;
  if (dtype === "bool" && !nullable) {
    return { control: element("input", { type: "checkbox", checked: example === true, name }), suggestions: [] };
  }
  if (options) {
    const control = element("select", { name });
    if (nullable) control.append(new Option("(missing)", MISSING));
    control.append(...options.map((option) => new Option(option === "" ? "(empty)" : option, option)));
    control.value = String(example ?? MISSING);
    return { control, suggestions: [] };
  }
  if (dtype !== "string") {
    const step = dtype === "int64" ? "1" : "any";
    const value = example ?? "";
    const control = element("input", { type: "number", required: !nullable, name, step, value });
    return { control, suggestions: [] };
  }
  const seen = categories?.filter((category) => category !== "") ?? [];
  if (!categories || seen.some((category) => /[\r\n]/.test(category))) {
    return { control: element("textarea", { name, value: example ?? "" }), suggestions: [] };
  }
  const control = element("input", { name, value: example ?? "" });
  const list = element("datalist", { id: `seen-${name}` });
  list.append(...seen.map((category) => new Option(category, category)));
  control.setAttribute("list", list.id);
  return { control, suggestions: [list] };
}

function hint({ nullable, minimum, maximum, categories, closed, values }) {
  const range = minimum !== null && !values ? `seen: ${short(minimum)} to ${short(maximum)}` : "";
  const few = categories && !closed && categories.length <= 5 ? `seen: ${categories.join(", ")}` : "";
  return [range, few, nullable ? "may be empty" : ""].filter(Boolean).join("; ");
}

function short(number) {
  return String(Number(number.toPrecision(4)));
}

function element(tag, properties) {
  return Object.assign(document.createElement(tag), properties);
}
