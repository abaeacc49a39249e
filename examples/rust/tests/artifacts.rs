use std::path::PathBuf;

use serde_json::{Value, json};
use skiff::{Model, Record, Vectors, ulp_distance};

fn artifacts() -> PathBuf {
    std::env::var_os("SKIFF_ARTIFACTS").map_or("../../artifacts".into(), PathBuf::from)
}

fn open(name: &str) -> Model {
    Model::open(artifacts().join(name)).unwrap()
}

fn record(value: Value) -> Record {
    value.as_object().unwrap().clone()
}

#[test]
fn every_artifact_answers_as_scikit_learn_did() {
    let mut replayed = 0;
    for entry in artifacts().read_dir().unwrap() {
        let folder = entry.unwrap().path().join("1");
        if !folder.is_dir() {
            continue;
        }
        let mut model = Model::open(&folder).unwrap();
        let vectors = Vectors::read(&folder).unwrap();
        let verdict = model.replay(&vectors).unwrap();
        assert!(verdict.agrees, "{}: {verdict}", folder.display());
        let answers = model.predict(&vectors.rows).unwrap();
        for (answer, label) in
            answers.iter().zip(vectors.outputs.get("label").into_iter().flatten())
        {
            if let Value::String(_) = label {
                assert_eq!(answer[0].value, *label);
            }
        }
        replayed += 1;
    }
    assert!(replayed >= 2, "expected artifacts of iris and penguins");
}

#[test]
fn an_answer_has_the_label_its_probability_and_all_of_them_by_name() {
    let flower = json!({"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2});
    let answers = open("iris/1").predict(&[record(flower)]).unwrap();
    let answer = &answers[0][0];
    let probabilities = answer.probabilities.as_ref().unwrap();
    assert_eq!(answer.value, json!(0));
    assert_eq!(answer.probability, Some(probabilities["setosa"]));
    assert_eq!(probabilities.keys().collect::<Vec<_>>(), ["setosa", "versicolor", "virginica"]);
}

#[test]
fn a_missing_value_may_be_null_or_left_out() {
    let left = json!({"island": "Dream", "year": 2009, "bill_length_mm": 41.5});
    let mut nulled = left.clone();
    nulled["sex"] = Value::Null;
    let answers = open("penguins/1").predict(&[record(left), record(nulled)]).unwrap();
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_record_that_does_not_fit_is_refused() {
    let mut model = open("penguins/1");
    for (name, value, message) in [
        ("colour", json!("black"), "colour: there is no such feature"),
        ("island", Value::Null, "island: required, and never missing in training"),
        ("island", json!(3), "island: expected string; got 3"),
        ("sex", json!("\u{fdd0}"), "sex: expected string; got \"\u{fdd0}\""),
        ("bill_length_mm", json!("41.5"), "bill_length_mm: expected float64; got \"41.5\""),
        ("bill_length_mm", json!(true), "bill_length_mm: expected float64; got true"),
        ("year", json!(2009.5), "year: expected int64; got 2009.5"),
    ] {
        let mut changed = record(json!({"island": "Dream", "year": 2009}));
        changed.insert(name.into(), value);
        assert_eq!(model.predict(&[changed]).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_planted_mismatch_is_found() {
    let folder = artifacts().join("iris/1");
    let mut model = Model::open(&folder).unwrap();
    let vectors = Vectors::read(&folder).unwrap();
    let mut label = vectors.clone();
    label.outputs.get_mut("label").unwrap()[3] = json!(7);
    let verdict = model.replay(&label).unwrap();
    assert_eq!((verdict.label_mismatches, verdict.agrees), (1, false));
    for wrong in [json!(0.5), Value::Null] {
        let mut number = vectors.clone();
        number.outputs.get_mut("probabilities").unwrap()[3][1] = wrong;
        assert!(!model.replay(&number).unwrap().agrees);
    }
}

#[test]
fn distances_are_counted_in_doubles() {
    assert_eq!(ulp_distance(1.0, 1.0 + f64::EPSILON), 1);
    assert_eq!(ulp_distance(-5e-324, 5e-324), 3);
    assert_eq!(ulp_distance(f64::NAN, f64::NAN), 0);
    assert_eq!(ulp_distance(f64::NAN, 1.0), u64::MAX);
}
