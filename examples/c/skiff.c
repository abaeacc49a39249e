#include "skiff.h"

#include <dlfcn.h>
#include <float.h>
#include <math.h>
#include <onnxruntime_c_api.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, MOST_INPUTS = 2 };

static const char MISSING[] = "\xef\xb7\x90"; /* U+FDD0 */
static const double GREATEST_INTEGER = 9007199254740992.0;

struct skiff_model {
  cJSON *manifest;
  const cJSON *features, *inputs, *outputs, *targets;
  const char **input_names, **output_names;
  OrtSession *session;
};

static const OrtApi *ort;
static OrtEnv *environment;

/* Says what is wrong, and returns false. */
static bool fail(skiff_error *error, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->message, sizeof error->message, format, arguments);
  va_end(arguments);
  return false;
}

static bool ok(OrtStatus *status, skiff_error *error) {
  if (status == NULL) return true;
  fail(error, "ONNX Runtime: %s", ort->GetErrorMessage(status));
  ort->ReleaseStatus(status);
  return false;
}

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  if (memory == NULL) abort();
  return memory;
}

static const char *text_of(const cJSON *object, const char *name) {
  return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static double number_of(const cJSON *object, const char *name) {
  return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool truth_of(const cJSON *object, const char *name) {
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool equals(const cJSON *object, const char *name, const char *value) {
  const char *found = text_of(object, name);
  return found != NULL && strcmp(found, value) == 0;
}

static size_t size_of(const cJSON *array) { return (size_t)cJSON_GetArraySize(array); }

static size_t columns_of(const cJSON *tensor) {
  const cJSON *columns = cJSON_GetObjectItemCaseSensitive(tensor, "columns");
  return cJSON_IsNumber(columns) ? (size_t)columns->valuedouble : 1;
}

static const cJSON *classes_of(const cJSON *target) {
  return cJSON_GetObjectItemCaseSensitive(target, "classes");
}

cJSON *skiff_read_json(const char *path, skiff_error *error) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    fail(error, "%s: cannot be read", path);
    return NULL;
  }
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  char *data = allocate(size + 1, 1);
  bool whole = fread(data, 1, size, file) == size;
  fclose(file);
  cJSON *json = whole ? cJSON_ParseWithLength(data, size) : NULL;
  free(data);
  if (json == NULL) fail(error, "%s: is not JSON", path);
  return json;
}

/* Loads ONNX Runtime, once. It uploads telemetry unless the variable is set before. */
static bool load_runtime(skiff_error *error) {
  if (environment != NULL) return true;
  setenv("ORT_DISABLE_TELEMETRY", "1", 1);
  const char *path = getenv("ORT_DYLIB_PATH");
  void *library = dlopen(path ? path : "libonnxruntime.so", RTLD_NOW);
  if (library == NULL) return fail(error, "%s (ORT_DYLIB_PATH names the library)", dlerror());
  const OrtApiBase *(*base)(void);
  *(void **)&base = dlsym(library, "OrtGetApiBase");
  ort = base ? base()->GetApi(ORT_API_VERSION) : NULL;
  if (ort == NULL) return fail(error, "this ONNX Runtime is older than 1.%d", ORT_API_VERSION);
  return ok(ort->CreateEnv(ORT_LOGGING_LEVEL_ERROR, "skiff", &environment), error);
}

static const char **names_of(const cJSON *tensors) {
  const char **names = allocate(size_of(tensors), sizeof *names);
  size_t index = 0;
  const cJSON *tensor;
  cJSON_ArrayForEach(tensor, tensors) names[index++] = text_of(tensor, "name");
  return names;
}

static bool create_session(skiff_model *model, const char *folder, skiff_error *error) {
  char path[4096];
  OrtSessionOptions *options = NULL;
  snprintf(path, sizeof path, "%s/model.onnx", folder);
  /* One thread: results do not depend on how many cores there are. */
  bool done = ok(ort->CreateSessionOptions(&options), error) &&
              ok(ort->SetIntraOpNumThreads(options, 1), error) &&
              ok(ort->CreateSession(environment, path, options, &model->session), error);
  if (options != NULL) ort->ReleaseSessionOptions(options);
  return done;
}

skiff_model *skiff_open(const char *folder, skiff_error *error) {
  char path[4096];
  snprintf(path, sizeof path, "%s/model.json", folder);
  cJSON *manifest = load_runtime(error) ? skiff_read_json(path, error) : NULL;
  if (manifest == NULL) return NULL;
  skiff_model *model = allocate(1, sizeof *model);
  model->manifest = manifest;
  model->features = cJSON_GetObjectItemCaseSensitive(manifest, "features");
  model->inputs = cJSON_GetObjectItemCaseSensitive(manifest, "inputs");
  model->outputs = cJSON_GetObjectItemCaseSensitive(manifest, "outputs");
  model->targets = cJSON_GetObjectItemCaseSensitive(manifest, "targets");
  model->input_names = names_of(model->inputs);
  model->output_names = names_of(model->outputs);
  double format = number_of(manifest, "format");
  bool known = format == FORMAT && size_of(model->inputs) <= MOST_INPUTS;
  if (!known) fail(error, "the artifact has format %g; expected %d", format, FORMAT);
  if (known && create_session(model, folder, error)) return model;
  skiff_close(model);
  return NULL;
}

void skiff_close(skiff_model *model) {
  if (model == NULL) return;
  if (model->session != NULL) ort->ReleaseSession(model->session);
  free(model->input_names);
  free(model->output_names);
  cJSON_Delete(model->manifest);
  free(model);
}

const cJSON *skiff_manifest(const skiff_model *model) { return model->manifest; }

static bool has_category(const cJSON *feature, const char *value) {
  const cJSON *category;
  cJSON_ArrayForEach(category, cJSON_GetObjectItemCaseSensitive(feature, "categories")) {
    if (strcmp(category->valuestring, value) == 0) return true;
  }
  return false;
}

/* Sets what goes into a tensor for one value of a record: a number or a string. */
static bool read_cell(const cJSON *feature, const cJSON *value, double *number,
                      const char **string, skiff_error *error) {
  const char *name = text_of(feature, "name");
  const char *dtype = text_of(feature, "dtype");
  if (value == NULL || cJSON_IsNull(value)) {
    if (!truth_of(feature, "nullable"))
      return fail(error, "%s: required, and never missing in training", name);
    *number = NAN;
    *string = MISSING;
    return true;
  }
  if (strcmp(dtype, "string") == 0 && cJSON_IsString(value)) {
    *string = value->valuestring;
    if (truth_of(feature, "closed") && !has_category(feature, *string))
      return fail(error, "%s: expected one of its categories; got %s", name, *string);
    if (strcmp(*string, MISSING) != 0) return true;
  } else if (strcmp(dtype, "bool") == 0 && cJSON_IsBool(value)) {
    *number = cJSON_IsTrue(value);
    return true;
  } else if (cJSON_IsNumber(value) && isfinite(value->valuedouble)) {
    *number = value->valuedouble;
    bool integer = *number == trunc(*number) && fabs(*number) <= GREATEST_INTEGER;
    if (strcmp(dtype, "float64") == 0 || (strcmp(dtype, "int64") == 0 && integer)) return true;
  }
  char *found = cJSON_PrintUnformatted(value);
  fail(error, "%s: expected %s; got %s", name, dtype, found);
  cJSON_free(found);
  return false;
}

static bool check_names(const skiff_model *model, const cJSON *record, skiff_error *error) {
  const cJSON *field, *feature;
  cJSON_ArrayForEach(field, record) {
    bool known = false;
    cJSON_ArrayForEach(feature, model->features) known |= equals(feature, "name", field->string);
    if (!known) return fail(error, "%s: there is no such feature", field->string);
  }
  return true;
}

/* Fills the cells of one input: `numbers` and `strings` have a place for each. */
static bool fill(const skiff_model *model, const cJSON *tensor, const cJSON *records,
                 double *numbers, const char **strings, skiff_error *error) {
  const size_t columns = columns_of(tensor);
  size_t row = 0;
  const cJSON *record, *feature;
  cJSON_ArrayForEach(record, records) {
    cJSON_ArrayForEach(feature, model->features) {
      if (!equals(feature, "input", text_of(tensor, "name"))) continue;
      size_t place = row * columns + (size_t)number_of(feature, "column");
      const cJSON *value = cJSON_GetObjectItemCaseSensitive(record, text_of(feature, "name"));
      if (!read_cell(feature, value, &numbers[place], &strings[place], error)) return false;
    }
    row++;
  }
  return true;
}

/* Makes the tensor of one input from cells that outlive it. */
static OrtValue *make_tensor(const cJSON *tensor, size_t rows, double *numbers,
                             const char **strings, skiff_error *error) {
  const int64_t shape[] = {(int64_t)rows, (int64_t)columns_of(tensor)};
  const size_t count = rows * columns_of(tensor);
  OrtValue *value = NULL;
  if (equals(tensor, "dtype", "string")) {
    OrtAllocator *allocator;
    if (ok(ort->GetAllocatorWithDefaultOptions(&allocator), error) &&
        ok(ort->CreateTensorAsOrtValue(allocator, shape, 2, ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING,
                                       &value),
           error))
      ok(ort->FillStringTensor(value, strings, count), error);
    return value;
  }
  OrtMemoryInfo *memory = NULL;
  if (ok(ort->CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, &memory), error))
    ok(ort->CreateTensorWithDataAsOrtValue(memory, numbers, count * sizeof *numbers, shape, 2,
                                           ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE, &value),
       error);
  if (memory != NULL) ort->ReleaseMemoryInfo(memory);
  return value;
}

/* Copies one output out of its tensor. */
static bool read_tensor(const cJSON *tensor, size_t rows, const OrtValue *value,
                        skiff_output *output, skiff_error *error) {
  const size_t count = rows * columns_of(tensor);
  output->columns = columns_of(tensor);
  output->count = count;
  if (equals(tensor, "dtype", "string")) {
    output->strings = allocate(count, sizeof *output->strings);
    for (size_t index = 0; index < count; index++) {
      size_t size;
      if (!ok(ort->GetStringTensorElementLength(value, index, &size), error)) return false;
      output->strings[index] = allocate(size + 1, 1);
      if (!ok(ort->GetStringTensorElement(value, size, index, output->strings[index]), error))
        return false;
    }
    return true;
  }
  void *data;
  if (!ok(ort->GetTensorMutableData((OrtValue *)value, &data), error)) return false;
  output->numbers = allocate(count, sizeof *output->numbers);
  bool integers = equals(tensor, "dtype", "int64");
  for (size_t index = 0; index < count; index++)
    output->numbers[index] =
        integers ? (double)((const int64_t *)data)[index] : ((const double *)data)[index];
  return true;
}

static skiff_output *run_session(skiff_model *model, size_t rows, OrtValue **inputs,
                                 skiff_error *error) {
  const size_t count = size_of(model->outputs);
  OrtValue **values = allocate(count, sizeof(OrtValue *));
  skiff_output *outputs = allocate(count, sizeof *outputs);
  bool done = ok(ort->Run(model->session, NULL, model->input_names,
                          (const OrtValue *const *)inputs, size_of(model->inputs),
                          model->output_names, count, values),
                 error);
  for (size_t index = 0; index < count; index++) {
    const cJSON *tensor = cJSON_GetArrayItem(model->outputs, (int)index);
    done = done && read_tensor(tensor, rows, values[index], &outputs[index], error);
    if (values[index] != NULL) ort->ReleaseValue(values[index]);
  }
  free(values);
  if (done) return outputs;
  skiff_free_outputs(model, outputs);
  return NULL;
}

skiff_output *skiff_run(skiff_model *model, const cJSON *records, skiff_error *error) {
  const size_t rows = size_of(records);
  OrtValue *inputs[MOST_INPUTS] = {NULL};
  double *numbers[MOST_INPUTS] = {NULL};
  const char **strings[MOST_INPUTS] = {NULL};
  bool done = true;
  const cJSON *record, *tensor;
  cJSON_ArrayForEach(record, records) done = done && check_names(model, record, error);
  size_t index = 0;
  cJSON_ArrayForEach(tensor, model->inputs) {
    if (!done) break;
    numbers[index] = allocate(rows * columns_of(tensor), sizeof(double));
    strings[index] = allocate(rows * columns_of(tensor), sizeof(char *));
    done = fill(model, tensor, records, numbers[index], strings[index], error);
    if (done) inputs[index] = make_tensor(tensor, rows, numbers[index], strings[index], error);
    done = inputs[index++] != NULL;
  }
  skiff_output *outputs = done ? run_session(model, rows, inputs, error) : NULL;
  for (index = 0; index < MOST_INPUTS; index++) {
    if (inputs[index] != NULL) ort->ReleaseValue(inputs[index]);
    free(numbers[index]);
    free(strings[index]);
  }
  return outputs;
}

void skiff_free_outputs(skiff_model *model, skiff_output *outputs) {
  for (size_t index = 0; outputs != NULL && index < size_of(model->outputs); index++) {
    for (size_t cell = 0; outputs[index].strings != NULL && cell < outputs[index].count; cell++)
      free(outputs[index].strings[cell]);
    free(outputs[index].strings);
    free(outputs[index].numbers);
  }
  free(outputs);
}

/* Returns the output of this name, or NULL. */
static const skiff_output *find(const skiff_model *model, const skiff_output *outputs,
                                const char *name) {
  for (size_t index = 0; index < size_of(model->outputs); index++)
    if (strcmp(model->output_names[index], name) == 0) return &outputs[index];
  return NULL;
}

/* Tells whether a label, as JSON has it, is what the graph answered: true is 1, false is 0. */
static bool is_same(const cJSON *label, const skiff_output *output, size_t cell) {
  if (output->strings != NULL)
    return cJSON_IsString(label) && strcmp(label->valuestring, output->strings[cell]) == 0;
  double value = cJSON_IsBool(label) ? cJSON_IsTrue(label) : cJSON_GetNumberValue(label);
  return value == output->numbers[cell];
}

static size_t class_count(const skiff_model *model, size_t targets) {
  size_t count = 0;
  for (size_t index = 0; index < targets; index++)
    count += size_of(classes_of(cJSON_GetArrayItem(model->targets, (int)index)));
  return count;
}

/*
 * Returns the numbers that an output has for one row and target, by the name of the class, of
 * the cluster, or of the target itself.
 */
static cJSON *named(const skiff_model *model, const skiff_output *output, size_t row,
                    size_t index) {
  const size_t targets = size_of(model->targets);
  const cJSON *target = cJSON_GetArrayItem(model->targets, (int)index);
  const cJSON *classes = classes_of(target);
  const double *numbers = output->numbers + row * output->columns;
  cJSON *result = cJSON_CreateObject();
  if (output->columns == class_count(model, targets)) {
    size_t column = class_count(model, index);
    const cJSON *each;
    cJSON_ArrayForEach(each, classes)
        cJSON_AddNumberToObject(result, text_of(each, "name"), numbers[column++]);
  } else if (output->columns == targets) {
    const cJSON *last = cJSON_GetArrayItem(classes, cJSON_GetArraySize(classes) - 1);
    cJSON_AddNumberToObject(result, text_of(last ? last : target, "name"), numbers[index]);
  } else {
    for (size_t column = 0; column < output->columns; column++) {
      char name[24];
      snprintf(name, sizeof name, "%zu", column);
      cJSON_AddNumberToObject(result, name, numbers[column]);
    }
  }
  return result;
}

static cJSON *prediction(const skiff_model *model, const skiff_output *outputs, size_t row,
                         size_t index) {
  const cJSON *target = cJSON_GetArrayItem(model->targets, (int)index);
  const skiff_output *values = find(model, outputs, "label");
  if (values == NULL) values = find(model, outputs, "prediction");
  if (values == NULL) values = find(model, outputs, "transformed");
  const size_t cell = row * size_of(model->targets) + index;
  const cJSON *each, *label = NULL;
  cJSON_ArrayForEach(each, classes_of(target)) {
    if (is_same(cJSON_GetObjectItemCaseSensitive(each, "label"), values, cell)) label = each;
  }
  cJSON *answer = cJSON_CreateObject();
  cJSON_AddStringToObject(answer, "target", text_of(target, "name"));
  cJSON *value = values->strings ? cJSON_CreateString(values->strings[cell])
                                 : cJSON_CreateNumber(values->numbers[cell]);
  if (label != NULL) {
    cJSON_Delete(value);
    value = cJSON_Duplicate(cJSON_GetObjectItemCaseSensitive(label, "label"), true);
  }
  cJSON_AddItemToObject(answer, "prediction", value);
  static const char *const NUMBERS[] = {"probabilities", "scores", "distances"};
  for (size_t kind = 0; kind < sizeof NUMBERS / sizeof *NUMBERS; kind++) {
    const skiff_output *output = find(model, outputs, NUMBERS[kind]);
    if (output == NULL) continue;
    cJSON *numbers = named(model, output, row, index);
    cJSON_AddItemToObject(answer, NUMBERS[kind], numbers);
    const char *name = label ? text_of(label, "name") : "";
    const cJSON *own = cJSON_GetObjectItemCaseSensitive(numbers, name);
    if (kind == 0 && own != NULL) cJSON_AddNumberToObject(answer, "probability", own->valuedouble);
  }
  return answer;
}

cJSON *skiff_predict(skiff_model *model, const cJSON *records, skiff_error *error) {
  skiff_output *outputs = skiff_run(model, records, error);
  if (outputs == NULL) return NULL;
  cJSON *answers = cJSON_CreateArray();
  for (size_t row = 0; row < size_of(records); row++) {
    cJSON *answer = cJSON_CreateArray();
    for (size_t index = 0; index < size_of(model->targets); index++)
      cJSON_AddItemToArray(answer, prediction(model, outputs, row, index));
    cJSON_AddItemToArray(answers, answer);
  }
  skiff_free_outputs(model, outputs);
  return answers;
}

static int64_t ordinal(double value) {
  int64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits < 0 ? INT64_MIN - bits - 1 : bits;
}

uint64_t skiff_ulp_distance(double expected, double actual) {
  if (isnan(expected) || isnan(actual)) return isnan(expected) && isnan(actual) ? 0 : UINT64_MAX;
  uint64_t left = (uint64_t)ordinal(expected), right = (uint64_t)ordinal(actual);
  return ordinal(expected) > ordinal(actual) ? left - right : right - left;
}

static double relative(double expected, double actual, double magnitude) {
  if (skiff_ulp_distance(expected, actual) == 0) return 0;
  double difference = fabs(actual - expected) / fmax(fabs(expected), magnitude);
  return isnan(difference) ? INFINITY : difference;
}

/* Compares one output with what scikit-learn answered; marks the rows whose label differs. */
static bool compare(const cJSON *tensor, const skiff_output *actual, const cJSON *expected,
                    skiff_verdict *verdict, bool *mismatched, skiff_error *error) {
  const char *name = text_of(tensor, "name");
  bool labels = !equals(tensor, "dtype", "float64") || strcmp(name, "label") == 0;
  size_t cell = 0;
  const cJSON *entry;
  cJSON_ArrayForEach(entry, expected) {
    const cJSON *wanted = cJSON_IsArray(entry) ? entry->child : entry;
    for (; wanted != NULL; wanted = cJSON_IsArray(entry) ? wanted->next : NULL) {
      if (cell == actual->count) return fail(error, "%s: too many golden answers", name);
      if (labels) {
        if (!is_same(wanted, actual, cell)) mismatched[cell / actual->columns] = true;
      } else {
        double number = cJSON_GetNumberValue(wanted), found = actual->numbers[cell];
        uint64_t ulp = skiff_ulp_distance(number, found);
        if (ulp > verdict->max_ulp) verdict->max_ulp = ulp;
        double distance = relative(number, found, number_of(tensor, "magnitude"));
        verdict->max_relative = fmax(verdict->max_relative, distance);
      }
      cell++;
    }
  }
  return cell == actual->count || fail(error, "%s: too few golden answers", name);
}

bool skiff_replay(skiff_model *model, const cJSON *vectors, skiff_verdict *verdict,
                  skiff_error *error) {
  const cJSON *rows = cJSON_GetObjectItemCaseSensitive(vectors, "rows");
  const cJSON *golden = cJSON_GetObjectItemCaseSensitive(vectors, "outputs");
  *verdict = (skiff_verdict){.rows = size_of(rows)};
  skiff_output *outputs = skiff_run(model, rows, error);
  if (outputs == NULL) return false;
  bool *mismatched = allocate(verdict->rows, sizeof *mismatched);
  bool done = true;
  for (size_t index = 0; index < size_of(model->outputs); index++) {
    const cJSON *expected = cJSON_GetObjectItemCaseSensitive(golden, model->output_names[index]);
    const cJSON *tensor = cJSON_GetArrayItem(model->outputs, (int)index);
    done = done && compare(tensor, &outputs[index], expected, verdict, mismatched, error);
  }
  for (size_t row = 0; row < verdict->rows; row++) verdict->label_mismatches += mismatched[row];
  free(mismatched);
  skiff_free_outputs(model, outputs);
  const cJSON *parity = cJSON_GetObjectItemCaseSensitive(model->manifest, "parity");
  double tolerance = number_of(parity, "tolerance");
  bool close = tolerance > 0 ? verdict->max_relative <= tolerance : verdict->max_ulp == 0;
  verdict->agrees = verdict->rows > 0 && verdict->label_mismatches == 0 && close;
  return done;
}
