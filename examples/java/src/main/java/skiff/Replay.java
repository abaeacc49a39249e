package skiff;

import ai.onnxruntime.OrtException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Replays the golden rows of artifacts: what scikit-learn answered for some records. */
public final class Replay {
  /** The content of vectors.json. */
  public record Vectors(
      int format, List<Map<String, Object>> rows, Map<String, List<Object>> outputs) {
    static Vectors read(Path folder) throws IOException {
      return Model.JSON.readValue(folder.resolve("vectors.json").toFile(), Vectors.class);
    }
  }

  /** How a model's answers compare with scikit-learn's. */
  public record Verdict(
      int rows,
      /** Rows with a label that differs. */
      int labelMismatches,
      /** The greatest distance of two numbers, in doubles between them. */
      long maxUlp,
      double maxRelative,
      boolean agrees) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%d rows, %d label mismatches, %s ulp, %.1e relative: %s",
          rows,
          labelMismatches,
          Long.toUnsignedString(maxUlp),
          maxRelative,
          agrees ? "agrees" : "DISAGREES");
    }
  }

  private Replay() {}

  public static void main(String[] folders) {
    if (folders.length == 0) {
      System.err.println("usage: Replay FOLDER...");
      System.exit(2);
    }
    boolean agree = true;
    for (String each : folders) {
      Path folder = Path.of(each).toAbsolutePath().normalize();
      String says;
      try (Model model = Model.open(folder)) {
        Verdict verdict = replay(model, Vectors.read(folder));
        agree &= verdict.agrees();
        says = verdict.toString();
      } catch (IOException | OrtException | RuntimeException error) {
        agree = false;
        says = "fails: " + error.getMessage();
      }
      System.out.printf("%s/%s: %s%n", folder.getParent().getFileName(), folder.getFileName(), says);
    }
    System.exit(agree ? 0 : 1);
  }

  /** Runs golden rows and compares the outputs with what scikit-learn answered. */
  public static Verdict replay(Model model, Vectors vectors) throws OrtException {
    Map<String, Object[]> outputs = model.run(vectors.rows());
    int rows = vectors.rows().size();
    Set<Integer> mismatched = new HashSet<>();
    long maxUlp = 0;
    double maxRelative = 0;
    for (Model.Tensor tensor : model.manifest().outputs()) {
      List<Object> expected = flatten(vectors.outputs().get(tensor.name()));
      Object[] actual = outputs.get(tensor.name());
      if (expected.size() != rows * tensor.width() || actual.length != expected.size()) {
        throw new IllegalArgumentException(
            "%s has %d values; expected %d".formatted(tensor.name(), actual.length, expected.size()));
      }
      for (int index = 0; index < actual.length; index++) {
        Object wanted = expected.get(index);
        if (!tensor.dtype().equals("float64") || tensor.name().equals("label")) {
          if (!Model.isSame(wanted, actual[index])) {
            mismatched.add(index / tensor.width());
          }
          continue;
        }
        double number = wanted == null ? Double.NaN : ((Number) wanted).doubleValue();
        double found = (Double) actual[index];
        long ulp = ulpDistance(number, found);
        maxUlp = Long.compareUnsigned(ulp, maxUlp) > 0 ? ulp : maxUlp;
        maxRelative = Math.max(maxRelative, relative(number, found, tensor.magnitude()));
      }
    }
    double tolerance = model.manifest().parity().tolerance();
    boolean close = maxRelative <= tolerance && (tolerance > 0 || maxUlp == 0);
    boolean agrees = rows > 0 && mismatched.isEmpty() && close;
    return new Verdict(rows, mismatched.size(), maxUlp, maxRelative, agrees);
  }

  private static List<Object> flatten(List<Object> values) {
    List<Object> flat = new ArrayList<>();
    for (Object value : values) {
      if (value instanceof List<?> row) {
        flat.addAll(row);
      } else {
        flat.add(value);
      }
    }
    return flat;
  }

  /**
   * Counts the doubles from one number to the other, unsigned. NaN equals NaN, and is as far as
   * can be from a number.
   */
  static long ulpDistance(double expected, double actual) {
    if (Double.isNaN(expected) || Double.isNaN(actual)) {
      return Double.isNaN(expected) && Double.isNaN(actual) ? 0 : -1;
    }
    long left = ordinal(expected);
    long right = ordinal(actual);
    return Math.max(left, right) - Math.min(left, right);
  }

  private static long ordinal(double value) {
    long bits = Double.doubleToRawLongBits(value);
    return bits < 0 ? Long.MIN_VALUE - bits - 1 : bits;
  }

  private static double relative(double expected, double actual, double magnitude) {
    if (ulpDistance(expected, actual) == 0) {
      return 0;
    }
    double difference = Math.abs(actual - expected) / Math.max(Math.abs(expected), magnitude);
    return Double.isNaN(difference) ? Double.POSITIVE_INFINITY : difference;
  }
}
