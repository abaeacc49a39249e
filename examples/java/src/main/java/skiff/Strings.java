package skiff;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Tensors of strings in true UTF-8.
 *
 * <p>ONNX Runtime's Java binding hands strings over in the JVM's modified UTF-8, which writes
 * characters beyond U+FFFF (emoji among them) and NUL in another way: the graph would see other
 * strings, and text operators refuse them. Such strings go in as the constant of a small graph,
 * whose bytes are UTF-8. What comes out has each byte of such a character as a char of its own,
 * and ends too early: the JVM counts one char for the four. So it is read with something behind
 * it that may be lost.
 */
final class Strings {
  private static final Pattern DIFFERENT = Pattern.compile("[\0\\x{10000}-\\x{10FFFF}]");
  private static final Pattern FIRST_BYTE = Pattern.compile("[\u00f0-\u00f4]");
  private static final Pattern BYTES = Pattern.compile("[\u00f0-\u00f4][\u0080-\u00bf]{3}");

  private static final int IR_VERSION = 10;
  private static final int OPSET = 21;
  private static final int STRING = 8;

  private Strings() {}

  /** Makes a tensor. */
  static OnnxTensor tensor(OrtEnvironment environment, String[] strings, long[] shape)
      throws OrtException {
    if (Stream.of(strings).noneMatch(each -> DIFFERENT.matcher(each).find())) {
      return OnnxTensor.createTensor(environment, strings, shape);
    }
    // The tensor outlives its session; the caller closes it.
    return run(environment, graph(constant("out", strings, shape)), Map.of());
  }

  /** Returns the strings of a tensor, row by row. */
  static String[] read(OrtEnvironment environment, OnnxTensor tensor) throws OrtException {
    String[] strings = strings(tensor);
    int longest = Stream.of(strings).mapToInt(String::length).max().orElse(0);
    if (Stream.of(strings).noneMatch(each -> FIRST_BYTE.matcher(each).find())) {
      return strings;
    }
    String[] padding = {" ".repeat(3 * longest)};
    Message graph = graph(constant("padding", padding, new long[] {1}));
    Message concat = new Message().text(1, "in").text(1, "padding").text(2, "out");
    graph.message(1, concat.text(4, "StringConcat")).message(11, value("in"));
    try (OnnxTensor padded = run(environment, graph, Map.of("in", tensor))) {
      String[] longer = strings(padded);
      Arrays.setAll(longer, index -> read(longer[index], strings[index]));
      return longer;
    }
  }

  private static String[] strings(OnnxTensor tensor) throws OrtException {
    return tensor.getValue() instanceof String[][] rows
        ? Stream.of(rows).flatMap(Stream::of).toArray(String[]::new)
        : (String[]) tensor.getValue();
  }

  /** Returns as many characters as the string had when it ended too early. */
  private static String read(String padded, String cut) {
    String text =
        BYTES.matcher(padded).replaceAll(bytes -> Matcher.quoteReplacement(utf8(bytes.group())));
    return text.substring(0, text.offsetByCodePoints(0, cut.length()));
  }

  private static String utf8(String bytes) {
    return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
  }

  private static OnnxTensor run(
      OrtEnvironment environment, Message graph, Map<String, OnnxTensor> inputs)
      throws OrtException {
    Message opset = new Message().number(2, OPSET);
    Message model = new Message().number(1, IR_VERSION).message(7, graph).message(8, opset);
    try (var options = new OrtSession.SessionOptions();
        OrtSession session = environment.createSession(model.toByteArray(), options)) {
      return (OnnxTensor) session.run(inputs).get(0);
    }
  }

  /** Begins a graph (onnx.proto3) that has a constant, and answers "out". */
  private static Message graph(Message constant) {
    return new Message().text(2, "strings").message(5, constant).message(12, value("out"));
  }

  private static Message constant(String name, String[] strings, long[] shape) {
    Message tensor = new Message();
    LongStream.of(shape).forEach(size -> tensor.number(1, size));
    tensor.number(2, STRING);
    for (String each : strings) {
      tensor.text(6, each);
    }
    return tensor.text(8, name);
  }

  private static Message value(String name) {
    Message type = new Message().message(1, new Message().number(1, STRING));
    return new Message().text(1, name).message(2, type);
  }

  /** A protobuf message, field by field. */
  private static final class Message {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message bytes(int field, byte[] value) {
      varint((long) field << 3 | 2);
      varint(value.length);
      written.writeBytes(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.toByteArray());
    }

    byte[] toByteArray() {
      return written.toByteArray();
    }

    private void varint(long value) {
      for (long rest = value; ; rest >>>= 7) {
        if (rest < 0x80) {
          written.write((int) rest);
          return;
        }
        written.write((int) (rest & 0x7f | 0x80));
      }
    }
  }
}
