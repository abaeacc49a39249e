package skiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtEnvironment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModelTest {
  static final Path ARTIFACTS =
      Path.of(Objects.requireNonNullElse(System.getenv("SKIFF_ARTIFACTS"), "../../artifacts"));

  static Stream<Path> folders() throws Exception {
    List<Path> folders;
    try (var entries = Files.list(ARTIFACTS)) {
      folders = entries.map(entry -> entry.resolve("1")).filter(Files::isDirectory).toList();
    }
    assertTrue(folders.size() >= 2, "expected artifacts of iris and penguins");
    return folders.stream();
  }

  @ParameterizedTest
  @MethodSource("folders")
  void answersItsGoldenRowsAsScikitLearnDid(Path folder) throws Exception {
    try (Model model = Model.open(folder)) {
      var vectors = Replay.Vectors.read(folder);
      var verdict = Replay.replay(model, vectors);
      assertTrue(verdict.agrees(), verdict.toString());
      var answers = model.predict(vectors.rows());
      var labels = vectors.outputs().getOrDefault("label", List.of());
      for (int row = 0; row < labels.size(); row++) {
        Object first = labels.get(row) instanceof List<?> wide ? wide.get(0) : labels.get(row);
        assertTrue(Model.isSame(answers.get(row).get(0).value(), first));
      }
    }
  }

  @Test
  void anAnswerHasTheLabelItsProbabilityAndAllOfThemByName() throws Exception {
    try (Model model = Model.open(ARTIFACTS.resolve("iris/1"))) {
      Map<String, Object> flower =
          Map.of("feature1", 5.1, "feature2", 3.5, "feature3", 1.4, "feature4", 0.2);
      var answer = model.predict(List.of(flower)).get(0).get(0);
      assertEquals(0, answer.value());
      assertEquals(
          List.of("setosa", "versicolor", "virginica"), List.copyOf(answer.probabilities().keySet()));
      assertEquals(answer.probabilities().get("setosa"), answer.probability().orElseThrow());
    }
  }

  @Test
  void aMissingValueMayBeNullOrLeftOut() throws Exception {
    try (Model model = Model.open(ARTIFACTS.resolve("penguins/1"))) {
      Map<String, Object> left = Map.of("island", "Dream", "year", 2009);
      Map<String, Object> nulled = new HashMap<>(left);
      nulled.put("sex", null);
      var answers = model.predict(List.of(left, nulled));
      assertEquals(answers.get(0), answers.get(1));
    }
  }

  static Stream<List<Object>> misfits() {
    return Stream.of(
        Arrays.asList("colour", "black", "colour: there is no such feature"),
        Arrays.asList("island", null, "island: required, and never missing in training"),
        Arrays.asList("island", 3, "island: expected string; got 3"),
        Arrays.asList("sex", "\ufdd0", "sex: expected string; got \ufdd0"),
        Arrays.asList("bill_length_mm", "41.5", "bill_length_mm: expected float64; got 41.5"),
        Arrays.asList("bill_length_mm", true, "bill_length_mm: expected float64; got true"),
        Arrays.asList("bill_depth_mm", Double.NaN, "bill_depth_mm: expected float64; got NaN"),
        Arrays.asList("year", 2009.5, "year: expected int64; got 2009.5"));
  }

  @ParameterizedTest
  @MethodSource("misfits")
  void refusesARecordThatDoesNotFit(List<Object> misfit) throws Exception {
    try (Model model = Model.open(ARTIFACTS.resolve("penguins/1"))) {
      Map<String, Object> record = new HashMap<>(Map.of("island", "Dream", "year", 2009));
      record.put((String) misfit.get(0), misfit.get(1));
      var error =
          assertThrows(IllegalArgumentException.class, () -> model.predict(List.of(record)));
      assertEquals(misfit.get(2), error.getMessage());
    }
  }

  @Test
  void stringsBeyondTheJvmsOwnEncodingReachTheGraphAsUtf8() throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    String[] strings = {"😀 ñ 日本", "", "a🐧b🐧", "\ufdd0", "😁", "$1 \\"};
    try (var tensor = Strings.tensor(environment, strings, new long[] {2, 3})) {
      assertArrayEquals(strings, Strings.read(environment, tensor));
    }
  }

  @Test
  void aPlantedMismatchIsFound() throws Exception {
    Path folder = ARTIFACTS.resolve("iris/1");
    try (Model model = Model.open(folder)) {
      var label = Replay.Vectors.read(folder);
      label.outputs().get("label").set(3, 7);
      var verdict = Replay.replay(model, label);
      assertEquals(1, verdict.labelMismatches());
      assertFalse(verdict.agrees());
      for (Double wrong : Arrays.asList(0.5, null)) {
        var number = Replay.Vectors.read(folder);
        number.outputs().get("probabilities").set(3, Arrays.asList(0.0, wrong, 0.0));
        assertFalse(Replay.replay(model, number).agrees());
      }
    }
  }

  @Test
  void distancesAreCountedInDoubles() {
    assertEquals(1, Replay.ulpDistance(1, Math.nextUp(1.0)));
    assertEquals(3, Replay.ulpDistance(-Double.MIN_VALUE, Double.MIN_VALUE));
    assertEquals(0, Replay.ulpDistance(Double.NaN, Double.NaN));
    assertEquals(-1, Replay.ulpDistance(Double.NaN, 1));
  }
}
