package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import ringside.image.BadImage;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.isa.Definition;
import ringside.monitor.mode.Modes;

/**
 * What a file is in each mode. A source may hold the lines of several ports, chosen by the macro that is defined for a mode; modes
 * without such a macro have one image together.
 */
final class GuestImages {
    private static final String DOMAIN_0 = ";@ dom0 ";

    /** Domain 0 is always a paravirtual kernel. */
    private static final String PORT = "xen-pv";

    private final GuestFile file;
    private final ImageOptions options;
    private final String text;
    private final Map<List<Definition>, GuestImage> made = new HashMap<>();
    private final Map<GuestImage, SourceMap> maps = new IdentityHashMap<>();

    GuestImages(GuestFile file, ImageOptions options) {
        this.file = file;
        this.text = file.isSource() ? new String(file.bytes(), StandardCharsets.UTF_8) : "";
        this.options = text.contains(DOMAIN_0) ? withDomain0(options) : options;
    }

    /** A source that holds ports becomes the one for Xen. */
    private static GuestImage domain0(GuestFile other) {
        return Images.domain0(
                other.bytes(),
                other.name(),
                ImageOptions.DEFAULT
                        .withFolder(name -> other.folder().apply(name))
                        .withDefinitions(Modes.definitions(PORT)));
    }

    /** A source that wants a domain 0 finds the one that comes with Ringside where none is beside it. */
    private static ImageOptions withDomain0(ImageOptions options) {
        return options.withFolder(name -> options.folder().read(name).or(() -> SampleGuests.file(name)));
    }

    /**
     * The image for a mode; the same object for two modes that share it.
     *
     * @throws BadImage where the file does not become one
     */
    GuestImage in(String mode) {
        var definitions = Modes.definitions(mode).stream()
                .filter(definition -> text.contains(definition.name()))
                .toList();
        GuestImage known = made.get(definitions);
        if (known == null) {
            ImageOptions ported = options.withDefinitions(definitions);
            known = Images.recognize(
                    file.bytes(),
                    file.name(),
                    file.domain0()
                            .map(GuestImages::domain0)
                            .map(ported::withDomain0)
                            .orElse(ported));
            made.put(definitions, known);
        }
        return known;
    }

    /** Where the lines of an image of its lie. */
    SourceMap map(GuestImage image) {
        return maps.computeIfAbsent(image, SourceMap::new);
    }

    /**
     * The modes that can hold the guest, in the order in which they are shown.
     *
     * @throws BadImage where it becomes a guest in none
     */
    List<String> modes() {
        List<String> modes = new ArrayList<>();
        Optional<BadImage> bad = Optional.empty();
        for (String mode : Modes.names()) {
            try {
                if (misfit(mode).isEmpty()) {
                    modes.add(mode);
                }
            } catch (BadImage unported) {
                bad = bad.or(() -> Optional.of(unported));
            }
        }
        if (modes.isEmpty() && bad.isPresent()) {
            throw bad.get();
        }
        return modes;
    }

    /** The modes that run the very image that this mode does, in the order in which they are shown. */
    List<String> alike(String mode) {
        GuestImage image = in(mode);
        return Modes.holding(image).stream().filter(other -> in(other) == image).toList();
    }

    /**
     * Why a mode cannot hold the guest.
     *
     * @throws BadImage where the file does not become a guest
     */
    Optional<Modes.Misfit> misfit(String mode) {
        return Modes.misfit(mode, in(mode));
    }
}
