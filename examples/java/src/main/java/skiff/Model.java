package skiff;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An open Skiff artifact: a model as one ONNX file, with the features that it takes. */
public final class Model implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final int FORMAT = 1;
  private static final String MISSING = "\ufdd0";
  private static final double GREATEST_INTEGER = 0x1p53;

  /** What a model answers for one record and one target. */
  public record Prediction(
      String target,
      /** A class's label, or a number. */
      Object value,
      /** That of the predicted class. */
      Optional<Double> probability,
      Map<String, Double> probabilities,
      Map<String, Double> scores,
      Map<String, Double> distances) {}

  /** The content of model.json, as far as it is needed here. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Manifest(
      int format,
      String name,
      int version,
      List<Feature> features,
      List<Tensor> inputs,
      List<Tensor> outputs,
      List<Target> targets,
      Parity parity) {}

  /** One field of a record. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Feature(
      String name,
      String title,
      String dtype,
      String input,
      int column,
      boolean nullable,
      boolean closed,
      List<String> categories) {}

  /** An input or output of the graph; columns is null where its shape is [N]. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Tensor(String name, String dtype, Integer columns, double magnitude) {
    int width() {
      return columns == null ? 1 : columns;
    }
  }

  /** What is predicted; classes is null where that is a number. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Target(String name, List<Label> classes) {
    List<Label> labels() {
      return classes == null ? List.of() : classes;
    }
  }

  /** One class. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Label(Object label, String name) {}

  /** How the graph compared with scikit-learn. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Parity(double tolerance) {}

  private final OrtEnvironment environment;
  private final OrtSession session;
  private final Manifest manifest;
  private final Set<String> names;

  private Model(OrtEnvironment environment, OrtSession session, Manifest manifest) {
    this.environment = environment;
    this.session = session;
    this.manifest = manifest;
    this.names = manifest.features().stream().map(Feature::name).collect(Collectors.toSet());
  }

  /** Opens the artifact in a folder. Any number of threads may use the model. */
  public static Model open(Path folder) throws IOException, OrtException {
    Manifest manifest = JSON.readValue(folder.resolve("model.json").toFile(), Manifest.class);
    if (manifest.format() != FORMAT) {
      throw new IOException(
          "%s: the artifact has format %d; expected %d".formatted(folder, manifest.format(), FORMAT));
    }
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    environment.setTelemetry(false);
    try (var options = new OrtSession.SessionOptions()) {
      // One thread: results do not depend on how many cores there are.
      options.setIntraOpNumThreads(1);
      String path = folder.resolve("model.onnx").toString();
      return new Model(environment, environment.createSession(path, options), manifest);
    }
  }

  public Manifest manifest() {
    return manifest;
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }

  /**
   * Answers each record with one prediction per target. A record maps feature names to numbers,
   * booleans and strings; a missing value is null, or left out.
   */
  public List<List<Prediction>> predict(List<Map<String, Object>> records) throws OrtException {
    Map<String, Object[]> outputs = run(records);
    return IntStream.range(0, records.size()).mapToObj(row -> answer(outputs, row)).toList();
  }

  /** Runs the graph and returns its outputs as they are, by name, flattened row by row. */
  public Map<String, Object[]> run(List<Map<String, Object>> records) throws OrtException {
    for (var record : records) {
      for (String name : record.keySet()) {
        require(names.contains(name), name, "there is no such feature");
      }
    }
    Map<String, OnnxTensor> inputs = new HashMap<>();
    try {
      for (Tensor tensor : manifest.inputs()) {
        inputs.put(tensor.name(), input(tensor, records));
      }
      try (var result = session.run(inputs)) {
        Map<String, Object[]> outputs = new HashMap<>();
        for (Tensor tensor : manifest.outputs()) {
          var values = (OnnxTensor) result.get(tensor.name()).orElseThrow();
          boolean text = tensor.dtype().equals("string");
          outputs.put(
              tensor.name(),
              text ? Strings.read(environment, values) : flatten(values.getValue()));
        }
        return outputs;
      }
    } finally {
      inputs.values().forEach(OnnxTensor::close);
    }
  }

  private OnnxTensor input(Tensor tensor, List<Map<String, Object>> records) throws OrtException {
    int width = tensor.width();
    Object[] cells = new Object[records.size() * width];
    for (int row = 0; row < records.size(); row++) {
      for (Feature feature : manifest.features()) {
        if (feature.input().equals(tensor.name())) {
          cells[row * width + feature.column()] = cell(feature, records.get(row).get(feature.name()));
        }
      }
    }
    long[] shape = {records.size(), width};
    if (tensor.dtype().equals("string")) {
      return Strings.tensor(environment, List.of(cells).toArray(String[]::new), shape);
    }
    double[] numbers = List.of(cells).stream().mapToDouble(Double.class::cast).toArray();
    return OnnxTensor.createTensor(environment, DoubleBuffer.wrap(numbers), shape);
  }

  /** Returns what goes into a tensor for one value of a record: a Double or a String. */
  private static Object cell(Feature feature, Object value) {
    String name = feature.name();
    String dtype = feature.dtype();
    if (value == null) {
      require(feature.nullable(), name, "required, and never missing in training");
      return dtype.equals("string") ? MISSING : (Object) Double.NaN;
    }
    if (dtype.equals("string") && value instanceof String text && !text.equals(MISSING)) {
      boolean known = !feature.closed() || feature.categories().contains(text);
      require(known, name, "expected one of " + feature.categories() + "; got " + text);
      return text;
    }
    if (dtype.equals("bool") && value instanceof Boolean truth) {
      return truth ? 1.0 : 0.0;
    }
    if (value instanceof Number number && Double.isFinite(number.doubleValue())) {
      double real = number.doubleValue();
      boolean integer = real == Math.rint(real) && Math.abs(real) <= GREATEST_INTEGER;
      if (dtype.equals("float64") || dtype.equals("int64") && integer) {
        return real;
      }
    }
    throw new IllegalArgumentException("%s: expected %s; got %s".formatted(name, dtype, value));
  }

  private static void require(boolean holds, String name, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + problem);
    }
  }

  private List<Prediction> answer(Map<String, Object[]> outputs, int row) {
    Object[] values =
        Objects.requireNonNullElseGet(
            outputs.get("label"),
            () -> outputs.getOrDefault("prediction", outputs.get("transformed")));
    int count = manifest.targets().size();
    List<Prediction> answer = new ArrayList<>();
    for (int index = 0; index < count; index++) {
      Target target = manifest.targets().get(index);
      Object found = values[row * count + index];
      Optional<Label> label =
          target.labels().stream().filter(each -> isSame(each.label(), found)).findFirst();
      Map<String, Double> probabilities = named(outputs, "probabilities", row, index);
      answer.add(
          new Prediction(
              target.name(),
              label.map(Label::label).orElse(found),
              label.map(each -> probabilities.get(each.name())),
              probabilities,
              named(outputs, "scores", row, index),
              named(outputs, "distances", row, index)));
    }
    return answer;
  }

  /**
   * Returns the numbers that an output has for one row and target, by the name of the class, of
   * the cluster, or of the target itself. Empty if there is no such output.
   */
  private Map<String, Double> named(
      Map<String, Object[]> outputs, String name, int row, int index) {
    Map<String, Double> named = new LinkedHashMap<>();
    Object[] values = outputs.get(name);
    if (values == null) {
      return named;
    }
    List<Target> targets = manifest.targets();
    Target target = targets.get(index);
    int width = outputTensor(name).width();
    List<String> keys = target.labels().stream().map(Label::name).toList();
    int start = targets.stream().limit(index).mapToInt(each -> each.labels().size()).sum();
    int all = targets.stream().mapToInt(each -> each.labels().size()).sum();
    if (width != all && width == targets.size()) {
      start = index;
      keys = List.of(keys.isEmpty() ? target.name() : keys.get(keys.size() - 1));
    } else if (width != all) {
      start = 0;
      keys = IntStream.range(0, width).mapToObj(Integer::toString).toList();
    }
    for (int column = 0; column < keys.size(); column++) {
      named.put(keys.get(column), (Double) values[row * width + start + column]);
    }
    return named;
  }

  private Tensor outputTensor(String name) {
    return manifest.outputs().stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  /** Tells whether a label, as JSON has it, is what the graph answered: true is 1, false is 0. */
  static boolean isSame(Object label, Object answered) {
    if (label instanceof Boolean truth) {
      return isSame(truth ? 1 : 0, answered);
    }
    if (label instanceof Number left && answered instanceof Number right) {
      return left.doubleValue() == right.doubleValue();
    }
    return Objects.equals(label, answered);
  }

  /** Flattens what ONNX Runtime returns: an array of one or two dimensions. */
  static Object[] flatten(Object array) {
    List<Object> flat = new ArrayList<>();
    for (int row = 0; row < java.lang.reflect.Array.getLength(array); row++) {
      Object value = java.lang.reflect.Array.get(array, row);
      if (value.getClass().isArray()) {
        flat.addAll(List.of(flatten(value)));
      } else {
        flat.add(value);
      }
    }
    return flat.toArray();
  }
}
