package skiff

import (
	"fmt"
	"math"
	"path/filepath"
)

// Vectors are golden rows: records, and what scikit-learn answered for them.
type Vectors struct {
	Rows    []Record
	Outputs map[string][]any
}

// Verdict says how a model's answers compare with scikit-learn's.
type Verdict struct {
	Rows            int
	LabelMismatches int     // rows with a label that differs
	MaxULP          uint64  // greatest distance of two numbers, in doubles between them
	MaxRelative     float64 // relative to the expected number or the output's magnitude
	Agrees          bool
}

func (v Verdict) String() string {
	says := "DISAGREES"
	if v.Agrees {
		says = "agrees"
	}
	return fmt.Sprintf("%d rows, %d label mismatches, %d ulp, %.1e relative: %s",
		v.Rows, v.LabelMismatches, v.MaxULP, v.MaxRelative, says)
}

// ReadVectors reads the golden rows of the artifact in folder.
func ReadVectors(folder string) (Vectors, error) {
	var vectors Vectors
	err := readJSON(filepath.Join(folder, "vectors.json"), &vectors)
	return vectors, err
}

// Replay runs golden rows and compares the outputs with what scikit-learn answered.
func (m *Model) Replay(vectors Vectors) (Verdict, error) {
	outputs, err := m.Run(vectors.Rows)
	if err != nil {
		return Verdict{}, err
	}
	verdict := Verdict{Rows: len(vectors.Rows)}
	mismatched := map[int]bool{}
	for _, tensor := range m.Manifest.Outputs {
		actual := outputs[tensor.Name]
		expected := flatten(vectors.Outputs[tensor.Name])
		if count := verdict.Rows * actual.Columns; len(expected) != count {
			return Verdict{}, fmt.Errorf("%s: %d golden answers; expected %d", tensor.Name, len(expected), count)
		}
		for index, wanted := range expected {
			found := actual.at(index)
			if tensor.Dtype != "float64" || tensor.Name == "label" {
				if wanted != found {
					mismatched[index/actual.Columns] = true
				}
				continue
			}
			number, ok := wanted.(float64)
			if !ok {
				number = math.NaN()
			}
			verdict.MaxULP = max(verdict.MaxULP, ulpDistance(number, found.(float64)))
			verdict.MaxRelative = max(verdict.MaxRelative, relative(number, found.(float64), tensor.Magnitude))
		}
	}
	verdict.LabelMismatches = len(mismatched)
	tolerance := m.Manifest.Parity.Tolerance
	close := verdict.MaxRelative <= tolerance && (tolerance > 0 || verdict.MaxULP == 0)
	verdict.Agrees = len(mismatched) == 0 && close
	return verdict, nil
}

func flatten(values []any) []any {
	flat := make([]any, 0, len(values))
	for _, value := range values {
		if row, ok := value.([]any); ok {
			flat = append(flat, row...)
		} else {
			flat = append(flat, value)
		}
	}
	return flat
}

// ulpDistance counts the doubles from one number to the other. NaN equals NaN, and is as far
// as can be from a number.
func ulpDistance(expected, actual float64) uint64 {
	if math.IsNaN(expected) || math.IsNaN(actual) {
		if math.IsNaN(expected) && math.IsNaN(actual) {
			return 0
		}
		return math.MaxUint64
	}
	left, right := ordinal(expected), ordinal(actual)
	if left < right {
		left, right = right, left
	}
	return uint64(left) - uint64(right)
}

func ordinal(value float64) int64 {
	bits := int64(math.Float64bits(value))
	if bits < 0 {
		return math.MinInt64 - bits - 1
	}
	return bits
}

func relative(expected, actual, magnitude float64) float64 {
	if ulpDistance(expected, actual) == 0 {
		return 0
	}
	difference := math.Abs(actual-expected) / max(math.Abs(expected), magnitude)
	if math.IsNaN(difference) {
		return math.Inf(1)
	}
	return difference
}
