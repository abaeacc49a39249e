package skiff

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func artifacts() string {
	if folder := os.Getenv("SKIFF_ARTIFACTS"); folder != "" {
		return folder
	}
	return "../../artifacts"
}

func open(t *testing.T, folder string) *Model {
	t.Helper()
	model, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { model.Close() })
	return model
}

func vectors(t *testing.T, folder string) Vectors {
	t.Helper()
	vectors, err := ReadVectors(folder)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

func replay(t *testing.T, model *Model, vectors Vectors) Verdict {
	t.Helper()
	verdict, err := model.Replay(vectors)
	if err != nil {
		t.Fatal(err)
	}
	return verdict
}

// Every artifact answers its golden rows as scikit-learn did, and predicts what it answers.
func TestArtifactsAgree(t *testing.T) {
	folders, _ := filepath.Glob(artifacts() + "/*/1")
	if len(folders) < 2 {
		t.Fatalf("%s: expected artifacts of iris and penguins", artifacts())
	}
	for _, folder := range folders {
		t.Run(folder, func(t *testing.T) {
			model, vectors := open(t, folder), vectors(t, folder)
			if verdict := replay(t, model, vectors); !verdict.Agrees {
				t.Error(verdict)
			}
			answers, err := model.Predict(vectors.Rows)
			if err != nil {
				t.Fatal(err)
			}
			labels := flatten(vectors.Outputs["label"])
			for index, label := range labels {
				targets := len(model.Manifest.Targets)
				if found := answers[index/targets][index%targets].Value; graphLabel(found) != label {
					t.Errorf("row %d: expected %v; got %v", index/targets, label, found)
				}
			}
		})
	}
}

func TestAnswerHasLabelAndProbabilitiesByName(t *testing.T) {
	model := open(t, artifacts()+"/iris/1")
	answers, err := model.Predict([]Record{
		{"feature1": 5.1, "feature2": 3.5, "feature3": 1.4, "feature4": 0.2},
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := answers[0][0]
	if answer.Value != 0.0 || *answer.Probability != answer.Probabilities["setosa"] || len(answer.Probabilities) != 3 {
		t.Errorf("%+v", answer)
	}
}

func TestRefusesARecord(t *testing.T) {
	model := open(t, artifacts()+"/penguins/1")
	for message, change := range map[string]Record{
		"record 0: colour: there is no such feature":                  {"colour": "black"},
		"record 0: island: required, and never missing in training":   {"island": nil},
		"record 0: island: expected string; got 3":                    {"island": 3},
		`record 0: bill_length_mm: expected float64; got "41.5"`:      {"bill_length_mm": "41.5"},
		"record 0: year: expected int64; got 2009.5":                  {"year": 2009.5},
		`record 0: sex: expected string; got "\ufdd0"`:                {"sex": missing},
		"record 0: bill_depth_mm: expected float64; got NaN":          {"bill_depth_mm": math.NaN()},
		"record 0: bill_length_mm: expected float64; got true":        {"bill_length_mm": true},
		"record 0: year: expected int64; got 9.007199254740994e+15":   {"year": float64(1<<53 + 2)},
		"record 0: year: required, and never missing in training":     {"year": nil},
		"record 0: flipper_length_mm: expected float64; got \"many\"": {"flipper_length_mm": "many"},
	} {
		record := Record{"island": "Dream", "year": 2009}
		for name, value := range change {
			record[name] = value
		}
		if _, err := model.Predict([]Record{record}); err == nil || err.Error() != message {
			t.Errorf("expected %q; got %v", message, err)
		}
	}
}

func TestFindsAPlantedMismatch(t *testing.T) {
	folder := artifacts() + "/iris/1"
	model := open(t, folder)
	label := vectors(t, folder)
	label.Outputs["label"][3] = 7.0
	if verdict := replay(t, model, label); verdict.Agrees || verdict.LabelMismatches != 1 {
		t.Error(verdict)
	}
	for _, wrong := range []any{0.5, nil} {
		number := vectors(t, folder)
		number.Outputs["probabilities"][3].([]any)[1] = wrong
		if verdict := replay(t, model, number); verdict.Agrees || !strings.HasSuffix(verdict.String(), "DISAGREES") {
			t.Error(verdict)
		}
	}
}

func TestDistancesAreCountedInDoubles(t *testing.T) {
	for _, test := range []struct {
		left, right float64
		distance    uint64
	}{
		{1, math.Nextafter(1, 2), 1},
		{-math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64, 3},
		{math.NaN(), math.NaN(), 0},
		{math.NaN(), 1, math.MaxUint64},
	} {
		if found := ulpDistance(test.left, test.right); found != test.distance {
			t.Errorf("%v to %v: expected %d; got %d", test.left, test.right, test.distance, found)
		}
	}
}
