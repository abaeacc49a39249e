// Package skiff opens a Skiff artifact: a model as one ONNX file, with the features that it takes.
package skiff

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

const (
	format  = 1
	missing = "\ufdd0"
)

// Record is one row by feature name: numbers, booleans and strings. A missing value is nil,
// or left out.
type Record map[string]any

// Prediction is what a model answers for one record and one target.
type Prediction struct {
	Target        string             `json:"target"`
	Value         any                `json:"prediction"` // a class's label, or a number
	Probability   *float64           `json:"probability,omitempty"`
	Probabilities map[string]float64 `json:"probabilities,omitempty"`
	Scores        map[string]float64 `json:"scores,omitempty"`
	Distances     map[string]float64 `json:"distances,omitempty"`
}

// Feature describes one field of a record.
type Feature struct {
	Name       string
	Title      string
	Dtype      string
	Input      string
	Column     int
	Nullable   bool
	Closed     bool
	Categories []string
}

// Tensor describes an input or output of the graph. Columns is nil where its shape is [N].
type Tensor struct {
	Name      string
	Dtype     string
	Columns   *int
	Magnitude float64
}

// Target is what is predicted; it has classes unless it is a number.
type Target struct {
	Name    string
	Classes []struct {
		Label any
		Name  string
	}
}

// Manifest is the content of model.json, as far as it is needed here.
type Manifest struct {
	Format   int
	Name     string
	Version  int
	Features []Feature
	Inputs   []Tensor
	Outputs  []Tensor
	Targets  []Target
	Parity   struct{ Tolerance float64 }
}

// Output holds an output's values row by row, Columns to a row: Numbers, or Strings.
type Output struct {
	Numbers []float64
	Strings []string
	Columns int
}

func (o Output) at(index int) any {
	if o.Strings != nil {
		return o.Strings[index]
	}
	return o.Numbers[index]
}

// Model is an open artifact. Any number of goroutines may use it.
type Model struct {
	Manifest Manifest
	session  *ort.DynamicAdvancedSession
	names    map[string]bool
}

// The environment of ONNX Runtime is made once. ORT_DYLIB_PATH names its library; telemetry,
// which ONNX Runtime uploads unless told otherwise, is refused before that.
var initialize = sync.OnceValue(func() error {
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return err
	}
	if path := os.Getenv("ORT_DYLIB_PATH"); path != "" {
		ort.SetSharedLibraryPath(path)
	}
	return ort.InitializeEnvironment()
})

// Open opens the artifact in folder. Close it when it is no longer needed.
func Open(folder string) (*Model, error) {
	if err := initialize(); err != nil {
		return nil, fmt.Errorf("ONNX Runtime, looked for at ORT_DYLIB_PATH: %w", err)
	}
	model := &Model{names: map[string]bool{}}
	if err := readJSON(filepath.Join(folder, "model.json"), &model.Manifest); err != nil {
		return nil, err
	}
	if found := model.Manifest.Format; found != format {
		return nil, fmt.Errorf("%s: the artifact has format %d; expected %d", folder, found, format)
	}
	for _, feature := range model.Manifest.Features {
		model.names[feature.Name] = true
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	// One thread: results do not depend on how many cores there are.
	if err := options.SetIntraOpNumThreads(1); err != nil {
		return nil, err
	}
	model.session, err = ort.NewDynamicAdvancedSession(filepath.Join(folder, "model.onnx"),
		tensorNames(model.Manifest.Inputs), tensorNames(model.Manifest.Outputs), options)
	return model, err
}

// Close frees the session.
func (m *Model) Close() error { return m.session.Destroy() }

// Predict answers each record with one prediction per target.
func (m *Model) Predict(records []Record) ([][]Prediction, error) {
	outputs, err := m.Run(records)
	if err != nil {
		return nil, err
	}
	answers := make([][]Prediction, len(records))
	for row := range records {
		answers[row] = m.answer(outputs, row)
	}
	return answers, nil
}

// Run runs the graph and returns its outputs by name, as they are.
func (m *Model) Run(records []Record) (map[string]Output, error) {
	if len(records) == 0 {
		return nil, fmt.Errorf("expected at least one record")
	}
	for row, record := range records {
		for name := range record {
			if !m.names[name] {
				return nil, fmt.Errorf("record %d: %s: there is no such feature", row, name)
			}
		}
	}
	inputs := make([]ort.Value, 0, 2)
	for _, tensor := range m.Manifest.Inputs {
		value, err := m.input(tensor, records)
		if err != nil {
			return nil, err
		}
		defer value.Destroy()
		inputs = append(inputs, value)
	}
	values := make([]ort.Value, len(m.Manifest.Outputs))
	if err := m.session.Run(inputs, values); err != nil {
		return nil, err
	}
	outputs := map[string]Output{}
	for index, tensor := range m.Manifest.Outputs {
		defer values[index].Destroy()
		output, err := read(values[index])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tensor.Name, err)
		}
		output.Columns = columns(tensor)
		outputs[tensor.Name] = output
	}
	return outputs, nil
}

func (m *Model) input(tensor Tensor, records []Record) (ort.Value, error) {
	width := columns(tensor)
	shape := ort.NewShape(int64(len(records)), int64(width))
	numbers := make([]float64, len(records)*width)
	strings := make([]string, len(records)*width)
	for row, record := range records {
		for _, feature := range m.Manifest.Features {
			if feature.Input != tensor.Name {
				continue
			}
			number, text, err := feature.cell(record[feature.Name])
			if err != nil {
				return nil, fmt.Errorf("record %d: %s: %w", row, feature.Name, err)
			}
			numbers[row*width+feature.Column], strings[row*width+feature.Column] = number, text
		}
	}
	if tensor.Dtype != "string" {
		return ort.NewTensor(shape, numbers)
	}
	value, err := ort.NewStringTensor(shape)
	if err != nil {
		return nil, err
	}
	if err := value.SetContents(strings); err != nil {
		value.Destroy()
		return nil, err
	}
	return value, nil
}

// cell returns what goes into a tensor for one value of a record: a number or a string.
func (f Feature) cell(value any) (float64, string, error) {
	if value == nil {
		if !f.Nullable {
			return 0, "", fmt.Errorf("required, and never missing in training")
		}
		return math.NaN(), missing, nil
	}
	switch value := value.(type) {
	case string:
		if f.Dtype != "string" || value == missing {
			break
		}
		if f.Closed && !slices.Contains(f.Categories, value) {
			return 0, "", fmt.Errorf("expected one of %q; got %q", f.Categories, value)
		}
		return 0, value, nil
	case bool:
		if f.Dtype == "bool" && value {
			return 1, "", nil
		} else if f.Dtype == "bool" {
			return 0, "", nil
		}
	case int:
		return f.cell(float64(value))
	case float64:
		finite := !math.IsInf(value, 0) && !math.IsNaN(value)
		integer := value == math.Trunc(value) && math.Abs(value) <= 1<<53
		if f.Dtype == "float64" && finite || f.Dtype == "int64" && finite && integer {
			return value, "", nil
		}
	}
	return 0, "", fmt.Errorf("expected %s; got %#v", f.Dtype, value)
}

func (m *Model) answer(outputs map[string]Output, row int) []Prediction {
	targets := m.Manifest.Targets
	answer := make([]Prediction, len(targets))
	for index, target := range targets {
		prediction := Prediction{Target: target.Name}
		for _, name := range []string{"label", "prediction", "transformed"} {
			if output, ok := outputs[name]; ok {
				prediction.Value = output.at(row*len(targets) + index)
			}
		}
		predicted := ""
		for _, class := range target.Classes {
			if graphLabel(class.Label) == prediction.Value {
				prediction.Value, predicted = class.Label, class.Name
				break
			}
		}
		prediction.Probabilities = m.named(outputs, "probabilities", row, index)
		prediction.Scores = m.named(outputs, "scores", row, index)
		prediction.Distances = m.named(outputs, "distances", row, index)
		if probability, ok := prediction.Probabilities[predicted]; ok {
			prediction.Probability = &probability
		}
		answer[index] = prediction
	}
	return answer
}

// named returns the numbers that an output has for one row and target, by the name of the
// class, of the cluster, or of the target itself. Nil if there is no such output.
func (m *Model) named(outputs map[string]Output, name string, row, index int) map[string]float64 {
	output, ok := outputs[name]
	if !ok {
		return nil
	}
	targets := m.Manifest.Targets
	all, before, names := 0, 0, []string{}
	for position, target := range targets {
		if position == index {
			before = all
		}
		all += len(target.Classes)
	}
	for _, class := range targets[index].Classes {
		names = append(names, class.Name)
	}
	switch output.Columns {
	case all:
	case len(targets):
		before, names = index, append([]string{targets[index].Name}, names...)
		names = names[len(names)-1:]
	default:
		before, names = 0, []string{}
		for column := range output.Columns {
			names = append(names, strconv.Itoa(column))
		}
	}
	numbers := map[string]float64{}
	for column, name := range names {
		numbers[name] = output.Numbers[row*output.Columns+before+column]
	}
	return numbers
}

// graphLabel returns a class's label as the graph answers it: true is 1, and false is 0.
func graphLabel(label any) any {
	switch label {
	case true:
		return 1.0
	case false:
		return 0.0
	}
	return label
}

func read(value ort.Value) (Output, error) {
	switch value := value.(type) {
	case *ort.Tensor[float64]:
		return Output{Numbers: slices.Clone(value.GetData())}, nil
	case *ort.Tensor[int64]:
		numbers := make([]float64, len(value.GetData()))
		for index, number := range value.GetData() {
			numbers[index] = float64(number)
		}
		return Output{Numbers: numbers}, nil
	case *ort.StringTensor:
		strings, err := value.GetContents()
		return Output{Strings: strings}, err
	}
	return Output{}, fmt.Errorf("unexpected type %T", value)
}

func columns(tensor Tensor) int {
	if tensor.Columns == nil {
		return 1
	}
	return *tensor.Columns
}

func tensorNames(tensors []Tensor) []string {
	names := make([]string, len(tensors))
	for index, tensor := range tensors {
		names[index] = tensor.Name
	}
	return names
}

func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
