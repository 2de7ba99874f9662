package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import ringside.image.ImageOptions;

/** The sample guests as a list to choose from. */
public final class GuestCatalogue {
    private GuestCatalogue() {}

    /**
     * One guest.
     *
     * @param bits code size at its start in the first of the modes: 16, 32 or 64
     * @param modes that it can run in
     */
    public record Entry(String name, int bits, List<String> modes) {}

    /** In the order in which a learner meets them. */
    public static List<Entry> all() {
        return SampleGuests.names().stream()
                .map(name -> {
                    GuestImages images = images(name);
                    List<String> modes = images.modes();
                    return new Entry(name, images.in(modes.get(0)).start().bits(), modes);
                })
                .toList();
    }

    private static GuestImages images(String name) {
        byte[] source = SampleGuests.source(name).orElseThrow().getBytes(StandardCharsets.UTF_8);
        return new GuestImages(new GuestFile(name + ".asm", source), ImageOptions.DEFAULT);
    }
}
