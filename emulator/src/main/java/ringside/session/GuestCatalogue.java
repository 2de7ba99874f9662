package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.mode.Modes;

/** The sample guests as a list to choose from. */
public final class GuestCatalogue {
    private GuestCatalogue() {}

    /**
     * One guest.
     *
     * @param bits code size at its start: 16, 32 or 64
     * @param modes that it can run in
     */
    public record Entry(String name, int bits, List<String> modes) {}

    /** In the order in which a learner meets them. */
    public static List<Entry> all() {
        return SampleGuests.names().stream()
                .map(name -> {
                    GuestImage image = image(name);
                    return new Entry(name, image.start().bits(), Modes.holding(image));
                })
                .toList();
    }

    private static GuestImage image(String name) {
        byte[] source = SampleGuests.source(name).orElseThrow().getBytes(StandardCharsets.UTF_8);
        return Images.recognize(source, name + ".asm", ImageOptions.DEFAULT);
    }
}
