/* replay FOLDER...: replays the golden rows of artifacts. */
#include "skiff.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Returns the last two parts of a path: the model's name and its version. */
static const char *name_of(const char *folder) {
  int slashes = 0;
  for (const char *end = folder + strlen(folder); end > folder; end--)
    if (end[-1] == '/' && ++slashes == 2) return end;
  return folder;
}

static bool replay(const char *folder) {
  skiff_error error;
  skiff_verdict verdict;
  char path[4096];
  snprintf(path, sizeof path, "%s/vectors.json", folder);
  skiff_model *model = skiff_open(folder, &error);
  cJSON *vectors = model ? skiff_read_json(path, &error) : NULL;
  bool done = vectors != NULL && skiff_replay(model, vectors, &verdict, &error);
  if (done)
    printf("%s: %zu rows, %zu label mismatches, %" PRIu64 " ulp, %.1e relative: %s\n",
           name_of(folder), verdict.rows, verdict.label_mismatches, verdict.max_ulp,
           verdict.max_relative, verdict.agrees ? "agrees" : "DISAGREES");
  else
    printf("%s: fails: %s\n", name_of(folder), error.message);
  cJSON_Delete(vectors);
  skiff_close(model);
  return done && verdict.agrees;
}

int main(int count, char **folders) {
  bool agree = true;
  if (count < 2) {
    fprintf(stderr, "usage: %s FOLDER...\n", folders[0]);
    return 2;
  }
  for (int index = 1; index < count; index++) agree &= replay(folders[index]);
  return agree ? 0 : 1;
}
