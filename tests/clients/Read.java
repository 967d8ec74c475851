// What a program reads through the client that openapi-generator has made: java Read ADDRESS PICTURES

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.nio.file.Files;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AboutApi;
import org.openapitools.client.api.PicturesApi;
import org.openapitools.client.model.Failed;

class Read {
    public static void main(String[] given) throws Exception {
        var client = new ApiClient();
        client.updateBaseUri(given[0]);
        var pictures = new PicturesApi(client);
        var painting = new File(given[1], "painting.jpg");
        var notes = new File(given[1], "notes.txt");
        var json = new ObjectMapper();

        var found = new LinkedHashMap<String, Object>();
        var details = pictures.predict(painting, true, true).getData();
        found.put("genre", details.getImageTypesPrediction());
        found.put("scores", details.getScores().size());
        found.put("version", details.getModel().getVersion());
        found.put("certain", details.getCertain());
        found.put("artist", details.getSimilar().get(0).getArtist());
        var many = pictures.predictMany(List.of(painting, notes), null, null).getData();
        found.put("many", many.stream().map(entry -> entry.getStatus().getCode()).toList());
        var png = Files.readAllBytes(pictures.explainAsPicture(painting).toPath());
        found.put("png", HexFormat.of().formatHex(png, 0, 8));
        found.put("heatmap", pictures.explainAsHeatmap(painting).getData().getHeatmap().size());
        try {
            pictures.predict(notes, null, null);
        } catch (ApiException failed) {
            found.put("error", client.getObjectMapper().readValue(failed.getResponseBody(), Failed.class).getStatus().getError());
        }
        found.put("genres", new AboutApi(client).genres().getData().size());
        System.out.println(json.writeValueAsString(found));
    }
}
