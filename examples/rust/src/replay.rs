//! Golden rows: records, and what scikit-learn answered for them.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::{Model, Output, Record, Result, read_json};

#[derive(Debug, Clone, Deserialize)]
pub struct Vectors {
    pub rows: Vec<Record>,
    pub outputs: HashMap<String, Vec<Value>>,
}

impl Vectors {
    /// Reads the golden rows of the artifact in `folder`.
    pub fn read(folder: impl AsRef<Path>) -> Result<Vectors> {
        read_json(&folder.as_ref().join("vectors.json"))
    }
}

/// How a model's answers compare with scikit-learn's.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub rows: usize,
    /// Rows with a label that differs.
    pub label_mismatches: usize,
    /// The greatest distance of two numbers, in doubles between them.
    pub max_ulp: u64,
    pub max_relative: f64,
    pub agrees: bool,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Verdict { rows, label_mismatches, max_ulp, max_relative, agrees } = self;
        let says = if *agrees { "agrees" } else { "DISAGREES" };
        write!(f, "{rows} rows, {label_mismatches} label mismatches, {max_ulp} ulp, ")?;
        write!(f, "{max_relative:.1e} relative: {says}")
    }
}

impl Model {
    /// Runs golden rows and compares the outputs with what scikit-learn answered.
    pub fn replay(&mut self, vectors: &Vectors) -> Result<Verdict> {
        let outputs = self.run(&vectors.rows)?;
        let rows = vectors.rows.len();
        let mut mismatched = HashSet::new();
        let (mut max_ulp, mut max_relative) = (0, 0.0_f64);
        for tensor in &self.manifest.outputs {
            let (name, width) = (&tensor.name, tensor.columns.unwrap_or(1));
            let golden = vectors.outputs.get(name).map_or(&[][..], Vec::as_slice);
            let expected: Vec<&Value> = golden.iter().flat_map(flat).collect();
            let actual = &outputs[name];
            if expected.len() != rows * width || actual.len() != expected.len() {
                let (wanted, found) = (expected.len(), actual.len());
                return Err(format!("{name} has {found} values; expected {wanted}").into());
            }
            for (index, wanted) in expected.into_iter().enumerate() {
                match actual {
                    Output::Strings(found) => {
                        if wanted.as_str() != Some(&found[index]) {
                            mismatched.insert(index / width);
                        }
                    }
                    Output::Numbers(found) if tensor.dtype == "int64" || name == "label" => {
                        if wanted.as_f64() != Some(found[index]) {
                            mismatched.insert(index / width);
                        }
                    }
                    Output::Numbers(found) => {
                        let (wanted, found) = (wanted.as_f64().unwrap_or(f64::NAN), found[index]);
                        max_ulp = max_ulp.max(ulp_distance(wanted, found));
                        max_relative = max_relative.max(relative(wanted, found, tensor.magnitude));
                    }
                }
            }
        }
        let tolerance = self.manifest.parity.tolerance;
        let close = max_relative <= tolerance && (tolerance > 0.0 || max_ulp == 0);
        let agrees = rows > 0 && mismatched.is_empty() && close;
        let label_mismatches = mismatched.len();
        Ok(Verdict { rows, label_mismatches, max_ulp, max_relative, agrees })
    }
}

fn flat(value: &Value) -> &[Value] {
    match value {
        Value::Array(row) => row,
        _ => std::slice::from_ref(value),
    }
}

/// Counts the doubles from one number to the other. NaN equals NaN, and is as far as can be
/// from a number.
pub fn ulp_distance(expected: f64, actual: f64) -> u64 {
    match (expected.is_nan(), actual.is_nan()) {
        (true, true) => 0,
        (false, false) => ordinal(expected).abs_diff(ordinal(actual)),
        _ => u64::MAX,
    }
}

fn ordinal(value: f64) -> i64 {
    let bits = value.to_bits().cast_signed();
    if bits < 0 { i64::MIN - bits - 1 } else { bits }
}

fn relative(expected: f64, actual: f64, magnitude: f64) -> f64 {
    if ulp_distance(expected, actual) == 0 {
        return 0.0;
    }
    let difference = (actual - expected).abs() / expected.abs().max(magnitude);
    if difference.is_nan() { f64::INFINITY } else { difference }
}
