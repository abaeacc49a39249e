// Opens a Skiff artifact in JavaScript. The caller passes the binding: onnxruntime-node in
// Node, onnxruntime-web in a browser. They have the same interface.

/** @typedef {import("onnxruntime-common")} Ort */
/** @typedef {Record<string, number | boolean | string | null | undefined>} Row */
/** @typedef {boolean | number | string} Label */
/** @typedef {Record<string, number>} Named numbers by the name of a class or cluster */
/**
 * @typedef {object} Prediction
 * @property {string} target
 * @property {Label} prediction
 * @property {number} [probability] that of the predicted class
 * @property {Named} [probabilities]
 * @property {Named} [scores]
 * @property {Named} [distances]
 */
/**
 * @typedef {object} Feature
 * @property {string} name
 * @property {string} title
 * @property {"float64" | "int64" | "bool" | "string"} dtype
 * @property {"numeric" | "string"} input
 * @property {number} column
 * @property {boolean} nullable
 * @property {boolean} closed
 * @property {string[] | null} categories
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number | boolean | string | null} example
 */
/** @typedef {{name: string, dtype: string, columns: number | null, magnitude: number}} Tensor */
/** @typedef {{name: string, classes: {label: Label, name: string}[] | null}} Target */
/**
 * @typedef {object} Manifest
 * @property {number} format
 * @property {string} name
 * @property {number} version
 * @property {string} title
 * @property {string} description
 * @property {Feature[]} features
 * @property {Tensor[]} inputs
 * @property {Tensor[]} outputs
 * @property {Target[]} targets
 * @property {{tolerance: number}} parity
 */
/** @typedef {{rows: Row[], outputs: Record<string, any[]>}} Vectors */
/** @typedef {Record<string, (number | string)[]>} Outputs each output's values, row by row */
/**
 * @typedef {object} Verdict
 * @property {number} rows
 * @property {number} labelMismatches rows with a label that differs
 * @property {number} maxUlp the greatest distance of two numbers, in doubles between them
 * @property {number} maxRelative
 * @property {boolean} agrees
 */

const FORMAT = 1;
const MISSING = "\ufdd0";

/**
 * Opens the artifact in `folder`, in Node.
 * @param {any} ort
 * @param {string} folder
 */
export async function open(ort, folder) {
  // ONNX Runtime uploads telemetry unless this is set before the first session.
  process.env.ORT_DISABLE_TELEMETRY = "1";
  const { readFile } = await import("node:fs/promises");
  const manifest = JSON.parse(await readFile(`${folder}/model.json`, "utf8"));
  return Model.load(ort, await readFile(`${folder}/model.onnx`), manifest);
}

export class Model {
  /**
   * @param {Ort} ort
   * @param {Uint8Array} model the bytes of model.onnx
   * @param {Manifest} manifest the content of model.json
   */
  static async load(ort, model, manifest) {
    if (manifest.format !== FORMAT) {
      throw new Error(`the artifact has format ${manifest.format}; expected ${FORMAT}`);
    }
    const session = await ort.InferenceSession.create(model, {
      // One thread: results do not depend on how many cores there are.
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
    });
    return new Model(ort, session, manifest);
  }

  /**
   * @param {Ort} ort
   * @param {import("onnxruntime-common").InferenceSession} session
   * @param {Manifest} manifest
   */
  constructor(ort, session, manifest) {
    this.ort = ort;
    this.session = session;
    this.manifest = manifest;
  }

  /**
   * Answers each record with one prediction per target.
   * @param {Row[]} records
   * @returns {Promise<Prediction[][]>}
   */
  async predict(records) {
    const outputs = await this.run(records);
    return records.map((_, row) => this.#answer(outputs, row));
  }

  /**
   * Runs the graph and returns its outputs as they are, flattened row by row.
   * @param {Row[]} records
   * @returns {Promise<Outputs>}
   */
  async run(records) {
    const results = await this.session.run(this.#tensors(records));
    return Object.fromEntries(
      this.manifest.outputs.map(({ name, dtype }) => {
        const values = /** @type {any} */ (results[name]).data;
        return [name, Array.from(values, dtype === "int64" ? Number : (value) => value)];
      }),
    );
  }

  /**
   * Replays golden rows and compares with what scikit-learn answered.
   * @param {Vectors} vectors the content of vectors.json
   * @returns {Promise<Verdict>}
   */
  async replay(vectors) {
    const outputs = await this.run(vectors.rows);
    const rows = vectors.rows.length;
    const mismatched = new Set();
    let [maxUlp, maxRelative] = [0, 0];
    for (const { name, dtype, columns, magnitude } of this.manifest.outputs) {
      const expected = vectors.outputs[name].flat();
      const actual = outputs[name];
      const width = columns ?? 1;
      if (expected.length !== rows * width || actual.length !== expected.length) {
        throw new Error(`${name} has ${actual.length} values; expected ${expected.length}`);
      }
      actual.forEach((value, index) => {
        if (dtype !== "float64" || name === "label") {
          if (value !== expected[index]) mismatched.add(Math.floor(index / width));
          return;
        }
        const [wanted, found] = [Number(expected[index] ?? NaN), Number(value)];
        maxUlp = Math.max(maxUlp, ulpDistance(wanted, found));
        maxRelative = Math.max(maxRelative, relativeDifference(wanted, found, magnitude));
      });
    }
    const tolerance = this.manifest.parity.tolerance;
    const close = tolerance === 0 ? maxUlp === 0 : maxRelative <= tolerance;
    const agrees = rows > 0 && mismatched.size === 0 && close;
    return { rows, labelMismatches: mismatched.size, maxUlp, maxRelative, agrees };
  }

  /** @param {Row[]} records */
  #tensors(records) {
    const { features, inputs } = this.manifest;
    const names = new Set(features.map((feature) => feature.name));
    for (const record of records) {
      const unknown = Object.keys(record).find((name) => !names.has(name));
      if (unknown !== undefined) throw new TypeError(`${unknown}: there is no such feature`);
    }
    return Object.fromEntries(
      inputs.map(({ name, dtype, columns }) => {
        const width = columns ?? 1;
        /** @type {any} */
        const data = dtype === "string" ? [] : new Float64Array(records.length * width);
        records.forEach((record, row) => {
          for (const feature of features.filter(({ input }) => input === name)) {
            const value = Object.hasOwn(record, feature.name) ? record[feature.name] : null;
            data[row * width + feature.column] = cell(feature, value);
          }
        });
        return [name, new this.ort.Tensor(data, [records.length, width])];
      }),
    );
  }

  /**
   * @param {Outputs} outputs
   * @param {number} row
   * @returns {Prediction[]}
   */
  #answer(outputs, row) {
    const { targets } = this.manifest;
    const values = outputs.label ?? outputs.prediction ?? outputs.transformed;
    return targets.map((target, index) => {
      const value = values[row * targets.length + index];
      const known = target.classes?.find(({ label }) => Number(label) === value || label === value);
      /** @type {Prediction} */
      const answer = { target: target.name, prediction: known?.label ?? value };
      for (const { name, columns } of this.manifest.outputs) {
        if (name !== "probabilities" && name !== "scores" && name !== "distances") continue;
        const width = columns ?? 1;
        const [start, keys] = span(targets, index, width);
        const first = row * width + start;
        const entries = keys.map((key, column) => [key, outputs[name][first + column]]);
        answer[name] = Object.fromEntries(entries);
      }
      const probability = known && answer.probabilities?.[known.name];
      return probability === undefined ? answer : { ...answer, probability };
    });
  }
}

/**
 * Returns where the numbers of one target begin in an output of `width` columns, and what
 * each of them is about: a class, a cluster, or the target itself.
 * @param {Target[]} targets
 * @param {number} index
 * @param {number} width
 * @returns {[number, string[]]}
 */
function span(targets, index, width) {
  const sizes = targets.map(({ classes }) => classes?.length ?? 0);
  const names = targets[index].classes?.map(({ name }) => name) ?? [];
  const sum = (/** @type {number[]} */ counts) => counts.reduce((total, count) => total + count, 0);
  if (width === sum(sizes)) return [sum(sizes.slice(0, index)), names];
  if (width === targets.length) return [index, [names.at(-1) ?? targets[index].name]];
  return [0, Array.from({ length: width }, (_, column) => String(column))];
}

/**
 * Returns what goes into a tensor for one value of a record.
 * @param {Feature} feature
 * @param {unknown} value
 */
function cell(feature, value) {
  const { name, dtype, nullable, closed, categories } = feature;
  if (value === null || value === undefined) {
    if (!nullable) throw new TypeError(`${name}: required, and never missing in training`);
    return dtype === "string" ? MISSING : NaN;
  }
  if (dtype === "string" && typeof value === "string" && value !== MISSING) {
    if (closed && !categories?.includes(value)) {
      throw new TypeError(`${name}: expected one of ${categories?.join(", ")}; got ${value}`);
    }
    return value;
  }
  if (dtype === "bool" && typeof value === "boolean") return Number(value);
  if (dtype === "float64" && Number.isFinite(value)) return value;
  if (dtype === "int64" && isInteger(value)) return value;
  throw new TypeError(`${name}: expected ${dtype}; got ${JSON.stringify(value)}`);
}

/** @param {unknown} value */
function isInteger(value) {
  return Number.isInteger(value) && Math.abs(Number(value)) <= 2 ** 53;
}

const bits = new BigInt64Array(1);
const double = new Float64Array(bits.buffer);

/**
 * Counts the doubles from one number to the other; NaN is infinitely far from any number.
 * @param {number} expected
 * @param {number} actual
 */
export function ulpDistance(expected, actual) {
  if (Number.isNaN(expected) || Number.isNaN(actual)) {
    return Number.isNaN(expected) && Number.isNaN(actual) ? 0 : Infinity;
  }
  const distance = ordinal(expected) - ordinal(actual);
  return Number(distance < 0n ? -distance : distance);
}

/** @param {number} value */
function ordinal(value) {
  double[0] = value;
  return bits[0] < 0n ? -(2n ** 63n) - bits[0] - 1n : bits[0];
}

/**
 * @param {number} expected
 * @param {number} actual
 * @param {number} magnitude
 */
function relativeDifference(expected, actual, magnitude) {
  if (ulpDistance(expected, actual) === 0) return 0;
  const difference = Math.abs(actual - expected) / Math.max(Math.abs(expected), magnitude);
  return Number.isNaN(difference) ? Infinity : difference;
}
