// Asks the service and the model itself, through the generated clients, and prints the answers.
package main

import (
	"encoding/json"
	"errors"
	"log"
	"os"

	"skiff/iris"
	"skiff/penguins"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	service, artifacts := os.Args[1], os.Args[2]
	flowers := []iris.Record{{Feature1: 5.1, Feature2: 3.5, Feature3: 1.4, Feature4: 0.2}}
	birds := []penguins.Record{
		{
			Island: penguins.IslandDream, Sex: penguins.Ptr(penguins.SexMale),
			BillLengthMm: penguins.Ptr(41.5), BodyMassG: penguins.Ptr(4000.0), Year: 2009,
		},
		{Island: "Elsewhere", Year: 2007},
	}
	irisClient := iris.Client{Service: service}
	penguinsClient := penguins.Client{Service: service}
	irisModel := must(iris.Open(artifacts + "/iris/1/model.onnx"))
	defer irisModel.Close()
	penguinsModel := must(penguins.Open(artifacts + "/penguins/1/model.onnx"))
	defer penguinsModel.Close()

	gone := penguins.Client{Service: service + "/nowhere"}
	_, err := gone.Predict(birds)
	var refused *penguins.Error
	if !errors.As(err, &refused) {
		log.Fatal(err)
	}
	answers := map[string]any{
		"service": map[string]any{
			"iris":     must(irisClient.Predict(flowers)),
			"penguins": must(penguinsClient.Predict(birds)),
		},
		"local": map[string]any{
			"iris":     must(irisModel.Predict(flowers)),
			"penguins": must(penguinsModel.Predict(birds)),
		},
		"refused": refused.Status,
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		log.Fatal(err)
	}
}
