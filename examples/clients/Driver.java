import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;

/** Asks the service and the model itself, through the generated clients, and prints the answers. */
public final class Driver {
  private Driver() {}

  public static void main(String[] arguments) throws Exception {
    String service = arguments[0];
    String artifacts = arguments[1];
    var flowers = List.of(new IrisClient.Question(5.1, 3.5, 1.4, 0.2));
    var birds =
        List.of(
            new PenguinsClient.Question(
                PenguinsClient.IslandCategory.DREAM,
                PenguinsClient.SexCategory.MALE,
                41.5,
                null,
                null,
                4000.0,
                2009),
            new PenguinsClient.Question("Elsewhere", null, null, null, null, null, 2007));
    int refused = 0;
    try {
      new PenguinsClient(service + "/nowhere").predict(birds);
    } catch (PenguinsClient.RefusedException error) {
      refused = Integer.parseInt(error.getMessage().replaceAll("^status (\\d+):[^$]*", "$1"));
    }
    try (var iris = new IrisModel(artifacts + "/iris/1/model.onnx");
        var penguins = new PenguinsModel(artifacts + "/penguins/1/model.onnx")) {
      var answers =
          Map.of(
              "service",
              Map.of(
                  "iris", new IrisClient(service).predict(flowers),
                  "penguins", new PenguinsClient(service).predict(birds)),
              "local",
              Map.of("iris", iris.predict(flowers), "penguins", penguins.predict(birds)),
              "refused",
              refused);
      System.out.println(new ObjectMapper().writeValueAsString(answers));
    }
  }
}
