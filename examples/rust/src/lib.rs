//! Opens a Skiff artifact: a model as one ONNX file, with the features that it takes.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::LazyLock;

use ort::environment::Environment;
use ort::session::{Session, SessionInputValue};
use ort::value::{DynValue, Tensor as OrtTensor};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

mod replay;
pub use replay::{Vectors, Verdict, ulp_distance};

const FORMAT: u32 = 1;
const MISSING: &str = "\u{fdd0}";

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// One row by feature name. A missing value is null, or left out.
pub type Record = serde_json::Map<String, Value>;

/// Numbers by the name of a class, of a cluster, or of the target.
pub type Named = BTreeMap<String, f64>;

/// What a model answers for one record and one target.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub target: String,
    /// A class's label, or a number.
    pub value: Value,
    /// That of the predicted class.
    pub probability: Option<f64>,
    pub probabilities: Option<Named>,
    pub scores: Option<Named>,
    pub distances: Option<Named>,
}

/// The content of model.json, as far as it is needed here.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub name: String,
    pub version: u32,
    pub features: Vec<Feature>,
    pub inputs: Vec<Tensor>,
    pub outputs: Vec<Tensor>,
    pub targets: Vec<Target>,
    pub parity: Parity,
}

#[derive(Debug, Deserialize)]
pub struct Feature {
    pub name: String,
    pub title: String,
    pub dtype: String,
    pub input: String,
    pub column: usize,
    pub nullable: bool,
    pub closed: bool,
    pub categories: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub struct Tensor {
    pub name: String,
    pub dtype: String,
    pub columns: Option<usize>,
    pub magnitude: f64,
}

#[derive(Debug, Deserialize)]
pub struct Target {
    pub name: String,
    pub classes: Option<Vec<Class>>,
}

#[derive(Debug, Deserialize)]
pub struct Class {
    pub label: Value,
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub struct Parity {
    pub tolerance: f64,
}

/// An output's values, row by row.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    Numbers(Vec<f64>),
    Strings(Vec<String>),
}

impl Output {
    pub fn len(&self) -> usize {
        match self {
            Output::Numbers(numbers) => numbers.len(),
            Output::Strings(strings) => strings.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn at(&self, index: usize) -> Value {
        match self {
            Output::Numbers(numbers) => numbers[index].into(),
            Output::Strings(strings) => strings[index].clone().into(),
        }
    }
}

/// An open artifact.
#[derive(Debug)]
pub struct Model {
    pub manifest: Manifest,
    session: Session,
}

/// The one environment of ONNX Runtime.
static ENVIRONMENT: LazyLock<Result<Environment>> = LazyLock::new(|| {
    // ONNX Runtime uploads telemetry unless this is set before it is loaded.
    // SAFETY: `Model::open` asks that no other thread reads the environment at its first call.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
    let library = std::env::var_os("ORT_DYLIB_PATH").ok_or("ORT_DYLIB_PATH is not set")?;
    Ok(ort::init_from(library)?.with_telemetry(false).build()?)
});

impl Model {
    /// Opens the artifact in `folder`. `ORT_DYLIB_PATH` names ONNX Runtime's library.
    ///
    /// The first call sets an environment variable: make it before starting threads that
    /// read the environment.
    pub fn open(folder: impl AsRef<Path>) -> Result<Model> {
        let folder = folder.as_ref();
        let manifest: Manifest = read_json(&folder.join("model.json"))?;
        if manifest.format != FORMAT {
            let found = manifest.format;
            return Err(format!("the artifact has format {found}; expected {FORMAT}").into());
        }
        // One thread: results do not depend on how many cores there are.
        let environment = ENVIRONMENT.as_ref().map_err(|error| format!("ONNX Runtime: {error}"))?;
        let builder = Session::builder(environment)?.with_intra_threads(1);
        let mut builder = builder.map_err(ort::Error::<()>::from)?;
        let session = builder.commit_from_file(folder.join("model.onnx"))?;
        Ok(Model { manifest, session })
    }

    /// Answers each record with one prediction per target.
    pub fn predict(&mut self, records: &[Record]) -> Result<Vec<Vec<Prediction>>> {
        let outputs = self.run(records)?;
        Ok((0..records.len()).map(|row| self.answer(&outputs, row)).collect())
    }

    /// Runs the graph and returns its outputs by name, as they are.
    pub fn run(&mut self, records: &[Record]) -> Result<HashMap<String, Output>> {
        let features = &self.manifest.features;
        for name in records.iter().flat_map(Record::keys) {
            if !features.iter().any(|feature| feature.name == *name) {
                return Err(format!("{name}: there is no such feature").into());
            }
        }
        let mut inputs: Vec<(String, SessionInputValue)> = Vec::new();
        for tensor in &self.manifest.inputs {
            inputs.push((tensor.name.clone(), input(features, tensor, records)?.into()));
        }
        let results = self.session.run(inputs)?;
        let mut outputs = HashMap::new();
        for tensor in &self.manifest.outputs {
            let value = &results[tensor.name.as_str()];
            let output = match tensor.dtype.as_str() {
                "string" => Output::Strings(value.try_extract_strings()?.1),
                "int64" => {
                    let numbers = value.try_extract_tensor::<i64>()?.1;
                    Output::Numbers(numbers.iter().map(|number| *number as f64).collect())
                }
                _ => Output::Numbers(value.try_extract_tensor::<f64>()?.1.to_vec()),
            };
            outputs.insert(tensor.name.clone(), output);
        }
        Ok(outputs)
    }

    fn answer(&self, outputs: &HashMap<String, Output>, row: usize) -> Vec<Prediction> {
        let targets = &self.manifest.targets;
        let values =
            ["label", "prediction", "transformed"].iter().find_map(|name| outputs.get(*name));
        let predict = |(index, target): (usize, &Target)| {
            let found = values.map_or(Value::Null, |output| output.at(row * targets.len() + index));
            let classes = target.classes.as_deref().unwrap_or_default();
            let class = classes.iter().find(|class| graph_label(&class.label) == found);
            let named = |output: &str| self.named(outputs, output, row, index);
            let probabilities = named("probabilities");
            Prediction {
                target: target.name.clone(),
                value: class.map_or(found, |class| class.label.clone()),
                probability: class
                    .and_then(|class| probabilities.as_ref()?.get(&class.name).copied()),
                probabilities,
                scores: named("scores"),
                distances: named("distances"),
            }
        };
        targets.iter().enumerate().map(predict).collect()
    }

    /// Returns the numbers that an output has for one row and one target.
    fn named(
        &self,
        outputs: &HashMap<String, Output>,
        name: &str,
        row: usize,
        index: usize,
    ) -> Option<Named> {
        let Output::Numbers(numbers) = outputs.get(name)? else { return None };
        let targets = &self.manifest.targets;
        let width =
            self.manifest.outputs.iter().find(|tensor| tensor.name == name)?.columns.unwrap_or(1);
        let classes = |target: &Target| target.classes.as_ref().map_or(0, Vec::len);
        let mut names: Vec<String> =
            targets[index].classes.iter().flatten().map(|class| class.name.clone()).collect();
        let mut start = 0;
        if width == targets.iter().map(classes).sum::<usize>() {
            start = targets[..index].iter().map(classes).sum();
        } else if width == targets.len() {
            start = index;
            names = vec![names.pop().unwrap_or_else(|| targets[index].name.clone())];
        } else {
            names = (0..width).map(|column| column.to_string()).collect();
        }
        let numbers = numbers[row * width + start..].iter().copied();
        Some(names.into_iter().zip(numbers).collect())
    }
}

fn input(features: &[Feature], tensor: &Tensor, records: &[Record]) -> Result<DynValue> {
    let width = tensor.columns.unwrap_or(1);
    let shape = [records.len(), width];
    let mut numbers = vec![0.0; records.len() * width];
    let mut strings = vec![String::new(); records.len() * width];
    for (row, record) in records.iter().enumerate() {
        for feature in features.iter().filter(|feature| feature.input == tensor.name) {
            let place = row * width + feature.column;
            match cell(feature, record.get(&feature.name).unwrap_or(&Value::Null))? {
                Cell::Number(number) => numbers[place] = number,
                Cell::Text(text) => strings[place] = text,
            }
        }
    }
    Ok(if tensor.dtype == "string" {
        OrtTensor::from_string_array((shape, strings.as_slice()))?.into_dyn()
    } else {
        OrtTensor::from_array((shape, numbers))?.into_dyn()
    })
}

enum Cell {
    Number(f64),
    Text(String),
}

/// Returns what goes into a tensor for one value of a record.
fn cell(feature: &Feature, value: &Value) -> Result<Cell> {
    let name = &feature.name;
    match (feature.dtype.as_str(), value) {
        (_, Value::Null) if !feature.nullable => {
            return Err(format!("{name}: required, and never missing in training").into());
        }
        ("string", Value::Null) => return Ok(Cell::Text(MISSING.into())),
        (_, Value::Null) => return Ok(Cell::Number(f64::NAN)),
        ("string", Value::String(text)) if text != MISSING => {
            if let (true, Some(seen)) = (feature.closed, &feature.categories)
                && !seen.contains(text)
            {
                return Err(format!("{name}: expected one of {seen:?}; got {text:?}").into());
            }
            return Ok(Cell::Text(text.clone()));
        }
        ("bool", Value::Bool(truth)) => return Ok(Cell::Number(f64::from(*truth))),
        ("float64" | "int64", Value::Number(number)) => {
            let number = number.as_f64().unwrap_or(f64::NAN);
            let integer = number.fract() == 0.0 && number.abs() <= 2f64.powi(53);
            if number.is_finite() && (integer || feature.dtype == "float64") {
                return Ok(Cell::Number(number));
            }
        }
        _ => {}
    }
    Err(format!("{name}: expected {}; got {value}", feature.dtype).into())
}

/// Returns a class's label as the graph answers it: true is 1 and false is 0, as doubles.
fn graph_label(label: &Value) -> Value {
    match label {
        Value::Bool(truth) => f64::from(*truth).into(),
        Value::Number(number) => number.as_f64().into(),
        _ => label.clone(),
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(serde_json::from_reader(BufReader::new(file))
        .map_err(|error| format!("{}: {error}", path.display()))?)
}
