#include <iostream>

#include "skiff.hpp"

using skiff::Json;
namespace fs = std::filesystem;

namespace {

int passed = 0, failed = 0;

void check(bool holds, const std::string& what) {
  ++(holds ? passed : failed);
  if (!holds) std::cerr << "failed: " << what << '\n';
}

fs::path artifacts() {
  const char* folder = std::getenv("SKIFF_ARTIFACTS");
  return folder ? folder : "../../artifacts";
}

void every_artifact_answers_as_scikit_learn_did() {
  int replayed = 0;
  for (const auto& entry : fs::directory_iterator(artifacts())) {
    const fs::path folder = entry.path() / "1";
    if (!fs::is_directory(folder)) continue;
    skiff::Model model(folder);
    const Json vectors = skiff::read_json(folder / "vectors.json");
    check(model.replay(vectors).agrees, folder.string() + " agrees");
    const Json answers = model.predict(vectors["rows"]);
    if (vectors["outputs"].contains("label")) {
      for (std::size_t row = 0; row < answers.size(); ++row) {
        Json label = vectors["outputs"]["label"][row];
        if (label.is_array()) label = Json(label[0]);
        check(answers[row][0]["prediction"] == label, folder.string() + " predicts its labels");
      }
    }
    ++replayed;
  }
  check(replayed >= 2, "there are artifacts of iris and penguins");
}

void an_answer_has_the_label_and_its_probability_by_name() {
  skiff::Model model(artifacts() / "iris/1");
  const Json flower = {{"feature1", 5.1}, {"feature2", 3.5}, {"feature3", 1.4}, {"feature4", 0.2}};
  const Json answer = model.predict(Json::array({flower}))[0][0];
  check(answer["prediction"] == 0, "the label");
  check(answer["probabilities"].size() == 3, "three probabilities");
  check(answer["probability"] == answer["probabilities"]["setosa"], "the label's probability");
}

void a_missing_value_may_be_null_or_left_out() {
  skiff::Model model(artifacts() / "penguins/1");
  Json left = {{"island", "Dream"}, {"year", 2009}};
  Json nulled = left;
  nulled["sex"] = nullptr;
  const Json answers = model.predict(Json::array({left, nulled}));
  check(answers[0] == answers[1], "null is as left out");
}

void a_record_that_does_not_fit_is_refused() {
  skiff::Model model(artifacts() / "penguins/1");
  const std::vector<std::tuple<std::string, Json, std::string>> misfits = {
      {"colour", "black", "colour: there is no such feature"},
      {"island", nullptr, "island: required, and never missing in training"},
      {"island", 3, "island: expected string; got 3"},
      {"sex", skiff::kMissing, "sex: expected string; got \"\xef\xb7\x90\""},
      {"body_mass_g", "4000", "body_mass_g: expected float64; got \"4000\""},
      {"body_mass_g", true, "body_mass_g: expected float64; got true"},
      {"year", 2009.5, "year: expected int64; got 2009.5"},
  };
  for (const auto& [name, value, message] : misfits) {
    Json record = {{"island", "Dream"}, {"year", 2009}};
    record[name] = value;
    std::string found;
    try {
      model.predict(Json::array({record}));
    } catch (const skiff::Error& error) {
      found = error.what();
    }
    check(found == message, "expected the error " + message + "; got " + found);
  }
}

void a_planted_mismatch_is_found() {
  const fs::path folder = artifacts() / "iris/1";
  skiff::Model model(folder);
  const Json vectors = skiff::read_json(folder / "vectors.json");
  Json label = vectors;
  label["outputs"]["label"][3] = 7;
  const auto verdict = model.replay(label);
  check(!verdict.agrees && verdict.label_mismatches == 1, "a planted label is found");
  for (const Json& wrong : {Json(0.5), Json()}) {
    Json number = vectors;
    number["outputs"]["probabilities"][3][1] = wrong;
    check(!model.replay(number).agrees, "a planted number is found");
  }
}

void distances_are_counted_in_doubles() {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  check(skiff::ulp_distance(1, std::nextafter(1, 2)) == 1, "one double on");
  check(skiff::ulp_distance(-5e-324, 5e-324) == 3, "across zero");
  check(skiff::ulp_distance(nan, nan) == 0, "NaN is NaN");
  check(skiff::ulp_distance(nan, 1) == UINT64_MAX, "NaN is no number");
}

}  // namespace

int main() {
  every_artifact_answers_as_scikit_learn_did();
  an_answer_has_the_label_and_its_probability_by_name();
  a_missing_value_may_be_null_or_left_out();
  a_record_that_does_not_fit_is_refused();
  a_planted_mismatch_is_found();
  distances_are_counted_in_doubles();
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed != 0;
}
