#include "skiff.h"

#include <float.h>
#include <math.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static int checks;

#define CHECK(condition)                                                         \
  do {                                                                           \
    checks++;                                                                    \
    if (!(condition)) {                                                          \
      failures++;                                                                \
      fprintf(stderr, "%s:%d: expected %s\n", __FILE__, __LINE__, #condition);   \
    }                                                                            \
  } while (0)

static skiff_error error;

static const char *path_of(const char *name) {
  static char path[4096];
  const char *folder = getenv("SKIFF_ARTIFACTS");
  snprintf(path, sizeof path, "%s/%s", folder ? folder : "../../artifacts", name);
  return path;
}

static skiff_model *open_model(const char *name) {
  skiff_model *model = skiff_open(path_of(name), &error);
  if (model == NULL) {
    fprintf(stderr, "%s\n", error.message);
    exit(1);
  }
  return model;
}

static const cJSON *member(const cJSON *object, const char *name) {
  return cJSON_GetObjectItemCaseSensitive(object, name);
}

static void every_artifact_answers_as_scikit_learn_did(void) {
  int replayed = 0;
  DIR *folder = opendir(path_of(""));
  for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
    char name[300], file[320];
    snprintf(name, sizeof name, "%s/1", entry->d_name);
    snprintf(file, sizeof file, "%s/vectors.json", name);
    cJSON *vectors = skiff_read_json(path_of(file), &error);
    if (vectors == NULL) continue;
    skiff_model *model = open_model(name);
    skiff_verdict verdict;
    CHECK(skiff_replay(model, vectors, &verdict, &error) && verdict.agrees);
    cJSON *answers = skiff_predict(model, member(vectors, "rows"), &error);
    const cJSON *labels = member(member(vectors, "outputs"), "label");
    for (int row = 0; row < cJSON_GetArraySize(labels); row++) {
      const cJSON *label = cJSON_GetArrayItem(labels, row);
      if (cJSON_IsArray(label)) label = label->child;
      const cJSON *answer = cJSON_GetArrayItem(answers, row)->child;
      CHECK(cJSON_Compare(member(answer, "prediction"), label, true));
    }
    cJSON_Delete(answers);
    cJSON_Delete(vectors);
    skiff_close(model);
    replayed++;
  }
  if (folder != NULL) closedir(folder);
  CHECK(replayed >= 2);
}

static void an_answer_has_the_label_and_its_probability_by_name(void) {
  skiff_model *model = open_model("iris/1");
  cJSON *records =
      cJSON_Parse("[{\"feature1\": 5.1, \"feature2\": 3.5, \"feature3\": 1.4, \"feature4\": 0.2}]");
  cJSON *answers = skiff_predict(model, records, &error);
  const cJSON *answer = answers->child->child;
  const cJSON *probabilities = member(answer, "probabilities");
  CHECK(member(answer, "prediction")->valueint == 0);
  CHECK(cJSON_GetArraySize(probabilities) == 3);
  CHECK(strcmp(probabilities->child->string, "setosa") == 0);
  CHECK(cJSON_Compare(member(answer, "probability"), probabilities->child, true));
  cJSON_Delete(answers);
  cJSON_Delete(records);
  skiff_close(model);
}

static void a_missing_value_may_be_null_or_left_out(void) {
  skiff_model *model = open_model("penguins/1");
  cJSON *records = cJSON_Parse("[{\"island\": \"Dream\", \"year\": 2009},"
                               " {\"island\": \"Dream\", \"year\": 2009, \"sex\": null}]");
  cJSON *answers = skiff_predict(model, records, &error);
  CHECK(cJSON_Compare(answers->child, answers->child->next, true));
  cJSON_Delete(answers);
  cJSON_Delete(records);
  skiff_close(model);
}

static void a_record_that_does_not_fit_is_refused(void) {
  static const char *const misfits[][2] = {
      {"\"year\": 2009, \"colour\": \"black\"", "colour: there is no such feature"},
      {"\"year\": 2009, \"island\": null", "island: required, and never missing in training"},
      {"\"year\": 2009, \"island\": 3", "island: expected string; got 3"},
      {"\"year\": 2009, \"island\": \"Dream\", \"sex\": \"\xef\xb7\x90\"",
       "sex: expected string; got \"\xef\xb7\x90\""},
      {"\"island\": \"Dream\", \"body_mass_g\": \"4000\"",
       "body_mass_g: expected float64; got \"4000\""},
      {"\"island\": \"Dream\", \"body_mass_g\": true", "body_mass_g: expected float64; got true"},
      {"\"island\": \"Dream\", \"year\": 2009.5", "year: expected int64; got 2009.5"},
  };
  skiff_model *model = open_model("penguins/1");
  for (size_t index = 0; index < sizeof misfits / sizeof *misfits; index++) {
    char json[200];
    snprintf(json, sizeof json, "[{%s}]", misfits[index][0]);
    cJSON *records = cJSON_Parse(json);
    CHECK(skiff_predict(model, records, &error) == NULL);
    CHECK(strcmp(error.message, misfits[index][1]) == 0);
    cJSON_Delete(records);
  }
  skiff_close(model);
}

static void a_planted_mismatch_is_found(void) {
  skiff_model *model = open_model("iris/1");
  skiff_verdict verdict;
  for (int kind = 0; kind < 3; kind++) {
    cJSON *vectors = skiff_read_json(path_of("iris/1/vectors.json"), &error);
    cJSON *outputs = cJSON_GetObjectItemCaseSensitive(vectors, "outputs");
    cJSON *labels = cJSON_GetObjectItemCaseSensitive(outputs, "label");
    cJSON *probabilities = cJSON_GetObjectItemCaseSensitive(outputs, "probabilities");
    if (kind == 0) cJSON_ReplaceItemInArray(labels, 3, cJSON_CreateNumber(7));
    cJSON *row = cJSON_GetArrayItem(probabilities, 3);
    if (kind == 1) cJSON_ReplaceItemInArray(row, 1, cJSON_CreateNumber(0.5));
    if (kind == 2) cJSON_ReplaceItemInArray(row, 1, cJSON_CreateNull());
    CHECK(skiff_replay(model, vectors, &verdict, &error));
    CHECK(!verdict.agrees && verdict.label_mismatches == (kind == 0));
    cJSON_Delete(vectors);
  }
  skiff_close(model);
}

static void distances_are_counted_in_doubles(void) {
  CHECK(skiff_ulp_distance(1, 1 + DBL_EPSILON) == 1);
  CHECK(skiff_ulp_distance(-5e-324, 5e-324) == 3);
  CHECK(skiff_ulp_distance(NAN, NAN) == 0);
  CHECK(skiff_ulp_distance(NAN, 1) == UINT64_MAX);
}

int main(void) {
  every_artifact_answers_as_scikit_learn_did();
  an_answer_has_the_label_and_its_probability_by_name();
  a_missing_value_may_be_null_or_left_out();
  a_record_that_does_not_fit_is_refused();
  a_planted_mismatch_is_found();
  distances_are_counted_in_doubles();
  printf("%d passed, %d failed\n", checks - failures, failures);
  return failures != 0;
}
