// Opens a Skiff artifact: a model as one ONNX file, with the features that it takes.
#pragma once

#define ORT_API_MANUAL_INIT
#include <dlfcn.h>
#include <onnxruntime_cxx_api.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace skiff {

using Json = nlohmann::ordered_json;

inline constexpr int kFormat = 1;
inline constexpr const char* kMissing = "\xef\xb7\x90";  // U+FDD0
inline constexpr double kGreatestInteger = 9007199254740992.0;

// A record that does not fit the features, or an artifact that cannot be opened.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One output of the graph, row by row.
struct Output {
  std::variant<std::vector<double>, std::vector<std::string>> values;
  std::size_t columns;

  std::size_t size() const {
    return std::visit([](const auto& all) { return all.size(); }, values);
  }
  Json at(std::size_t index) const {
    return std::visit([index](const auto& all) { return Json(all.at(index)); }, values);
  }
};

using Outputs = std::map<std::string, Output>;

// How a model's answers compare with scikit-learn's.
struct Verdict {
  std::size_t rows = 0;
  std::size_t label_mismatches = 0;  // rows with a label that differs
  std::uint64_t max_ulp = 0;         // the greatest distance of two numbers, in doubles between
  double max_relative = 0;
  bool agrees = false;
};

inline Json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw Error(path.string() + ": cannot be read");
  return Json::parse(file);
}

// Counts the doubles from one number to the other. NaN equals NaN, and is as far as can be from
// a number.
inline std::uint64_t ulp_distance(double expected, double actual) {
  if (std::isnan(expected) || std::isnan(actual)) {
    const bool both = std::isnan(expected) && std::isnan(actual);
    return both ? 0 : std::numeric_limits<std::uint64_t>::max();
  }
  const auto ordinal = [](double value) {
    std::int64_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits < 0 ? std::numeric_limits<std::int64_t>::min() - bits - 1 : bits;
  };
  const auto [low, high] = std::minmax({ordinal(expected), ordinal(actual)});
  return static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
}

class Model {
 public:
  // Opens the artifact in `folder`. ORT_DYLIB_PATH names ONNX Runtime's library. Any number of
  // threads may use the model.
  explicit Model(const std::filesystem::path& folder)
      : manifest_(read_json(folder / "model.json")), session_(open(manifest_, folder)) {}

  // The content of model.json.
  const Json& manifest() const { return manifest_; }

  // Answers each record with a list of predictions, one per target. A record is an object by
  // feature name; a missing value is null, or left out. A prediction has "target", "prediction"
  // (a class's label or a number) and, by the names of the classes, "probabilities" with the
  // "probability" of the predicted class, "scores" or "distances".
  Json predict(const Json& records) {
    const Outputs outputs = run(records);
    Json answers = Json::array();
    for (std::size_t row = 0; row < records.size(); ++row) {
      Json answer = Json::array();
      for (std::size_t target = 0; target < targets().size(); ++target) {
        answer.push_back(prediction(outputs, row, target));
      }
      answers.push_back(std::move(answer));
    }
    return answers;
  }

  // Runs the graph and returns its outputs by name, as they are.
  Outputs run(const Json& records) {
    check_names(records);
    std::vector<Cells> cells;
    std::vector<Ort::Value> inputs;
    for (const Json& tensor : manifest_["inputs"]) {
      // The tensor of numbers is a view of its cells, so they stay until the graph has run.
      cells.push_back(read_cells(tensor, records));
      inputs.push_back(make_tensor(tensor, records.size(), cells.back()));
    }
    const auto input_names = names(manifest_["inputs"]);
    const auto output_names = names(manifest_["outputs"]);
    const auto values =
        session_.Run(Ort::RunOptions{nullptr}, input_names.data(), inputs.data(), inputs.size(),
                     output_names.data(), output_names.size());
    Outputs outputs;
    for (std::size_t index = 0; index < values.size(); ++index) {
      const Json& tensor = manifest_["outputs"][index];
      outputs.emplace(tensor["name"], Output{read_tensor(tensor, values[index]), columns(tensor)});
    }
    return outputs;
  }

  // Runs golden rows, the content of vectors.json, and compares the outputs with what
  // scikit-learn answered.
  Verdict replay(const Json& vectors) {
    Verdict verdict{vectors["rows"].size()};
    const Outputs outputs = run(vectors["rows"]);
    std::set<std::size_t> mismatched;
    for (const Json& tensor : manifest_["outputs"]) {
      const std::string name = tensor["name"];
      const Output& actual = outputs.at(name);
      const bool labels = tensor["dtype"] != "float64" || name == "label";
      std::size_t index = 0;
      for (const Json& entry : vectors["outputs"][name]) {
        for (const Json& wanted : entry.is_array() ? entry : Json::array({entry})) {
          const Json found = actual.at(index);
          if (labels) {
            if (wanted != found) mismatched.insert(index / actual.columns);
          } else {
            measure(wanted, found, tensor["magnitude"], verdict);
          }
          ++index;
        }
      }
      if (index != actual.size()) throw Error(name + ": too few golden answers");
    }
    verdict.label_mismatches = mismatched.size();
    const double tolerance = manifest_["parity"]["tolerance"];
    const bool close = tolerance > 0 ? verdict.max_relative <= tolerance : verdict.max_ulp == 0;
    verdict.agrees = verdict.rows > 0 && mismatched.empty() && close;
    return verdict;
  }

 private:
  struct Cells {
    std::vector<double> numbers;
    std::vector<std::string> strings;
  };

  // The one environment of ONNX Runtime. It uploads telemetry unless the variable is set before.
  static Ort::Env& environment() {
    static Ort::Env only = [] {
      setenv("ORT_DISABLE_TELEMETRY", "1", 1);
      const char* path = std::getenv("ORT_DYLIB_PATH");
      void* library = dlopen(path ? path : "libonnxruntime.so", RTLD_NOW);
      if (!library) throw Error(std::string(dlerror()) + " (ORT_DYLIB_PATH names the library)");
      const auto base =
          reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
      const OrtApi* api = base ? base()->GetApi(ORT_API_VERSION) : nullptr;
      if (!api) throw Error("this ONNX Runtime is too old");
      Ort::InitApi(api);
      return Ort::Env(ORT_LOGGING_LEVEL_ERROR, "skiff");
    }();
    return only;
  }

  static Ort::Session open(const Json& manifest, const std::filesystem::path& folder) {
    if (manifest["format"] != kFormat) {
      throw Error("the artifact has format " + manifest["format"].dump() + "; expected 1");
    }
    Ort::Env& shared = environment();
    Ort::SessionOptions options;
    // One thread: results do not depend on how many cores there are.
    options.SetIntraOpNumThreads(1);
    return Ort::Session(shared, (folder / "model.onnx").c_str(), options);
  }

  static std::vector<const char*> names(const Json& tensors) {
    std::vector<const char*> all;
    for (const Json& tensor : tensors) {
      all.push_back(tensor["name"].get_ref<const std::string&>().c_str());
    }
    return all;
  }

  static std::size_t columns(const Json& tensor) {
    return tensor["columns"].is_null() ? 1 : tensor["columns"].get<std::size_t>();
  }

  void check_names(const Json& records) const {
    std::set<std::string> known;
    for (const Json& feature : manifest_["features"]) known.insert(feature["name"]);
    for (const Json& record : records) {
      for (const auto& [name, value] : record.items()) {
        if (!known.count(name)) throw Error(name + ": there is no such feature");
      }
    }
  }

  Cells read_cells(const Json& tensor, const Json& records) const {
    const std::size_t width = columns(tensor);
    Cells cells{std::vector<double>(records.size() * width),
                std::vector<std::string>(records.size() * width)};
    for (std::size_t row = 0; row < records.size(); ++row) {
      for (const Json& feature : manifest_["features"]) {
        if (feature["input"] != tensor["name"]) continue;
        const std::size_t place = row * width + feature["column"].get<std::size_t>();
        const Json& record = records[row];
        const auto field = record.find(feature["name"].get<std::string>());
        const Json value = field == record.end() ? Json() : *field;
        read_cell(feature, value, cells.numbers[place], cells.strings[place]);
      }
    }
    return cells;
  }

  // Sets what goes into a tensor for one value of a record: a number or a string.
  static void read_cell(const Json& feature, const Json& value, double& number,
                        std::string& string) {
    const std::string name = feature["name"], dtype = feature["dtype"];
    if (value.is_null()) {
      if (!feature["nullable"]) throw Error(name + ": required, and never missing in training");
      number = std::numeric_limits<double>::quiet_NaN();
      string = kMissing;
      return;
    }
    if (dtype == "string" && value.is_string() && value != kMissing) {
      const Json& seen = feature["categories"];
      if (feature["closed"] && std::find(seen.begin(), seen.end(), value) == seen.end()) {
        throw Error(name + ": expected one of " + seen.dump() + "; got " + value.dump());
      }
      string = value;
      return;
    }
    if (dtype == "bool" && value.is_boolean()) {
      number = value.get<bool>() ? 1 : 0;
      return;
    }
    if (value.is_number() && std::isfinite(value.get<double>())) {
      number = value;
      const bool integer = number == std::trunc(number) && std::abs(number) <= kGreatestInteger;
      if (dtype == "float64" || (dtype == "int64" && integer)) return;
    }
    throw Error(name + ": expected " + dtype + "; got " + value.dump());
  }

  static Ort::Value make_tensor(const Json& tensor, std::size_t rows, Cells& cells) {
    const std::vector<std::int64_t> shape{static_cast<std::int64_t>(rows),
                                          static_cast<std::int64_t>(columns(tensor))};
    if (tensor["dtype"] != "string") {
      const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
      return Ort::Value::CreateTensor<double>(memory, cells.numbers.data(), cells.numbers.size(),
                                              shape.data(), shape.size());
    }
    Ort::AllocatorWithDefaultOptions allocator;
    auto value = Ort::Value::CreateTensor(allocator, shape.data(), shape.size(),
                                          ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING);
    std::vector<const char*> strings;
    for (const std::string& each : cells.strings) strings.push_back(each.c_str());
    value.FillStringTensor(strings.data(), strings.size());
    return value;
  }

  static decltype(Output::values) read_tensor(const Json& tensor, const Ort::Value& value) {
    const std::size_t count = value.GetTensorTypeAndShapeInfo().GetElementCount();
    if (tensor["dtype"] == "string") {
      std::vector<std::string> strings;
      for (std::size_t index = 0; index < count; ++index) {
        strings.push_back(value.GetStringTensorElement(index));
      }
      return strings;
    }
    if (tensor["dtype"] == "int64") {
      const auto* data = value.GetTensorData<std::int64_t>();
      return std::vector<double>(data, data + count);
    }
    const auto* data = value.GetTensorData<double>();
    return std::vector<double>(data, data + count);
  }

  const Json& targets() const { return manifest_["targets"]; }

  std::size_t class_count(std::size_t first_targets) const {
    std::size_t count = 0;
    for (std::size_t index = 0; index < first_targets; ++index) {
      count += targets()[index]["classes"].size();
    }
    return count;
  }

  Json prediction(const Outputs& outputs, std::size_t row, std::size_t index) const {
    const Json& target = targets()[index];
    Json answer = {{"target", target["name"]}, {"prediction", nullptr}};
    for (const char* name : {"label", "prediction", "transformed"}) {
      const auto output = outputs.find(name);
      if (output == outputs.end()) continue;
      answer["prediction"] = output->second.at(row * targets().size() + index);
    }
    std::string predicted;
    for (const Json& each : target["classes"]) {
      const Json& label = each["label"];
      // The graph answers 1 for true, and 0 for false.
      const Json answered = label.is_boolean() ? Json(label.get<bool>() ? 1 : 0) : label;
      if (answered != answer["prediction"]) continue;
      answer["prediction"] = label;
      predicted = each["name"];
      break;
    }
    for (const char* name : {"probabilities", "scores", "distances"}) {
      const auto output = outputs.find(name);
      if (output != outputs.end()) answer[name] = named(output->second, row, index);
    }
    if (answer.contains("probabilities") && answer["probabilities"].contains(predicted)) {
      answer["probability"] = answer["probabilities"][predicted];
    }
    return answer;
  }

  // Returns the numbers that an output has for one row and target, by the name of the class, of
  // the cluster, or of the target itself.
  Json named(const Output& output, std::size_t row, std::size_t index) const {
    const Json& target = targets()[index];
    const auto number = [&](std::size_t column) { return output.at(row * output.columns + column); };
    Json numbers = Json::object();
    if (output.columns == class_count(targets().size())) {
      std::size_t column = class_count(index);
      for (const Json& each : target["classes"]) numbers[each["name"]] = number(column++);
    } else if (output.columns == targets().size()) {
      const Json& last = target["classes"].is_null() ? target : target["classes"].back();
      numbers[last["name"].get<std::string>()] = number(index);
    } else {
      for (std::size_t column = 0; column < output.columns; ++column) {
        numbers[std::to_string(column)] = number(column);
      }
    }
    return numbers;
  }

  static void measure(const Json& wanted, const Json& found, double magnitude, Verdict& verdict) {
    const double infinity = std::numeric_limits<double>::infinity();
    const double expected =
        wanted.is_null() ? std::numeric_limits<double>::quiet_NaN() : wanted.get<double>();
    const double actual = found.get<double>();
    const std::uint64_t ulp = ulp_distance(expected, actual);
    if (ulp == 0) return;
    const double relative = std::abs(actual - expected) / std::max(std::abs(expected), magnitude);
    verdict.max_ulp = std::max(verdict.max_ulp, ulp);
    verdict.max_relative =
        std::max(verdict.max_relative, std::isnan(relative) ? infinity : relative);
  }

  Json manifest_;
  Ort::Session session_;
};

}  // namespace skiff
