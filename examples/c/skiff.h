/* Opens a Skiff artifact: a model as one ONNX file, with the features that it takes. */
#ifndef SKIFF_H
#define SKIFF_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Functions that fail return NULL or false, and say why in `error`. */
typedef struct {
  char message[512];
} skiff_error;

typedef struct skiff_model skiff_model;

/* One output of the graph, row by row: numbers, or strings. The other is NULL. */
typedef struct {
  double *numbers;
  char **strings;
  size_t count;
  size_t columns;
} skiff_output;

/* How a model's answers compare with scikit-learn's. */
typedef struct {
  size_t rows;
  size_t label_mismatches; /* rows with a label that differs */
  uint64_t max_ulp;        /* the greatest distance of two numbers, in doubles between them */
  double max_relative;
  bool agrees;
} skiff_verdict;

/* Opens the artifact in `folder`. ORT_DYLIB_PATH names ONNX Runtime's library. */
skiff_model *skiff_open(const char *folder, skiff_error *error);
void skiff_close(skiff_model *model);

/* The content of model.json; the model keeps it. */
const cJSON *skiff_manifest(const skiff_model *model);

/*
 * Answers each record of a list with a list of predictions, one per target. A record is an
 * object by feature name; a missing value is null, or left out. A prediction has "target",
 * "prediction" (a class's label or a number) and, by the names of the classes,
 * "probabilities" with the "probability" of the predicted class, "scores" or "distances".
 * Delete the answer with cJSON_Delete.
 */
cJSON *skiff_predict(skiff_model *model, const cJSON *records, skiff_error *error);

/* Runs the graph: one output for each of the manifest's. Free them with skiff_free_outputs. */
skiff_output *skiff_run(skiff_model *model, const cJSON *records, skiff_error *error);
void skiff_free_outputs(skiff_model *model, skiff_output *outputs);

/* Replays golden rows, the content of vectors.json. */
bool skiff_replay(skiff_model *model, const cJSON *vectors, skiff_verdict *verdict,
                  skiff_error *error);

/* Counts the doubles from one number to the other; UINT64_MAX from NaN to a number. */
uint64_t skiff_ulp_distance(double expected, double actual);

/* Reads a JSON file. */
cJSON *skiff_read_json(const char *path, skiff_error *error);

#endif
