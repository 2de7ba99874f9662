package ringside.cli;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/** Sends what the page's script would send, and reads the answer; nothing is drawn. */
final class HttpClientOfLab implements LabClient {
    private static final Pattern PLACE = Pattern.compile("/lab/[0-9a-f]+");
    private static final String RUNNING = "data-running=\"true\"";
    private static final String BOUNDARY = "ringside-bench";

    /** Between two looks at a lab that runs; the page itself looks every 250. */
    private static final long LOOK_MILLIS = 5;

    private final HttpClient client = HttpClient.newHttpClient();
    private final String server;
    private String lab = "";

    /** @param server its address, with a slash at the end */
    HttpClientOfLab(String server) {
        this.server = server.substring(0, server.length() - 1);
    }

    @Override
    public String name() {
        return "http";
    }

    /**
     * Sends a guest.
     *
     * @return the path of its lab
     */
    String send(String name, String source, List<String> modes) throws IOException {
        var body = new StringBuilder();
        modes.forEach(mode -> part(body, "name=\"mode\"", mode));
        part(body, "name=\"file\"; filename=\"" + name + "\"", source);
        body.append("--").append(BOUNDARY).append("--\r\n");
        var request = HttpRequest.newBuilder(URI.create(server + "/lab"))
                .header("Content-Type", "multipart/form-data; boundary=" + BOUNDARY)
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        var place =
                PLACE.matcher(answer(request).headers().firstValue("Location").orElse(""));
        if (!place.find()) {
            throw new IOException("the server made no lab of " + name + " in " + modes);
        }
        return place.group();
    }

    private static void part(StringBuilder body, String what, String value) {
        body.append("--")
                .append(BOUNDARY)
                .append("\r\nContent-Disposition: form-data; ")
                .append(what);
        body.append("\r\n\r\n").append(value).append("\r\n");
    }

    @Override
    public void open(String path) throws IOException {
        lab = path;
        answer(HttpRequest.newBuilder(URI.create(server + lab)));
    }

    @Override
    public double press(String name) throws IOException {
        return form("do=" + name);
    }

    @Override
    public double seek(String place) throws IOException {
        return form("do=seek&time=" + URLEncoder.encode(place, StandardCharsets.UTF_8));
    }

    /** A breakpoint at an address. */
    void breakAt(String address) throws IOException {
        form("do=break&number=0&kind=address&what=" + address + "&access=&condition=");
    }

    private double form(String fields) throws IOException {
        long begin = System.nanoTime();
        var page = answer(partial("")
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(fields)))
                .body();
        while (page.contains(RUNNING)) {
            pause();
            page = answer(partial("/view/lab")).body();
        }
        return (System.nanoTime() - begin) / 1e6;
    }

    private HttpRequest.Builder partial(String below) {
        return HttpRequest.newBuilder(URI.create(server + lab + below)).header("HX-Request", "true");
    }

    private HttpResponse<String> answer(HttpRequest.Builder request) throws IOException {
        try {
            var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() >= 400) {
                throw new IOException("the server answered with status " + answer.statusCode());
            }
            return answer;
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(LOOK_MILLIS);
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static IOException interrupted() {
        Thread.currentThread().interrupt();
        return new IOException("interrupted");
    }

    @Override
    public void close() {}
}
