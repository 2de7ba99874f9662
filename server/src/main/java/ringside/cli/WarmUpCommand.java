package ringside.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import ringside.web.LabServer;

/**
 * {@code ringside warm-up}: a server that shows a few pages to itself and ends. The launcher records which classes that
 * loads, so that later starts find them prepared (Java's class-data sharing).
 */
@Command(name = "warm-up", description = "Loads what serving needs and ends.", hidden = true)
final class WarmUpCommand implements Callable<Integer> {
    private static final String ANY_LOOPBACK = "127.0.0.1";
    private static final List<String> PAGES =
            List.of("", "lab?guest=two-plus-two&mode=bare&mode=kvm", "lab?guest=popf-hole&mode=trap-and-emulate");

    @Mixin
    private Help help;

    @Override
    public Integer call() throws IOException, InterruptedException {
        var client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        try (LabServer server = LabServer.start(ANY_LOOPBACK, 0)) {
            for (var page : PAGES) {
                var request =
                        HttpRequest.newBuilder(URI.create(server.url() + page)).build();
                var status = client.send(request, BodyHandlers.discarding()).statusCode();
                if (status != 200) {
                    throw new IllegalStateException("status " + status + " for " + request.uri());
                }
            }
        }
        return Status.DONE;
    }
}
