// Asks the service and the model itself, through the generated clients, and prints the answers.

import * as ort from "onnxruntime-node";
import { IrisClient, IrisError, type IrisRecord } from "./iris.js";
import { IrisModel } from "./iris_local.js";
import { PenguinsClient, type PenguinsRecord } from "./penguins.js";
import { PenguinsModel } from "./penguins_local.js";

const [service, artifacts] = process.argv.slice(2) as [string, string];
const flowers: IrisRecord[] = [{ feature1: 5.1, feature2: 3.5, feature3: 1.4, feature4: 0.2 }];
const birds: PenguinsRecord[] = [
  { island: "Dream", sex: "male", bill_length_mm: 41.5, body_mass_g: 4000, year: 2009 },
  { island: "Elsewhere", sex: null, year: 2007 },
];
const iris = await IrisModel.open(ort, `${artifacts}/iris/1/model.onnx`);
const penguins = await PenguinsModel.open(ort, `${artifacts}/penguins/1/model.onnx`);
const refused = await new IrisClient(service)
  .predict({ ...flowers[0]!, feature1: NaN })
  .catch((error: IrisError) => error.status);
console.log(
  JSON.stringify({
    service: {
      iris: await new IrisClient(service).predictAll(flowers),
      penguins: await new PenguinsClient(service).predictAll(birds),
    },
    local: { iris: await iris.predictAll(flowers), penguins: await penguins.predictAll(birds) },
    refused,
  }),
);
