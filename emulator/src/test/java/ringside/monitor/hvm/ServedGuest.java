package ringside.monitor.hvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.monitor.paravirtual.IoreqServers;
import ringside.probe.Event;
import ringside.session.SampleGuests;

/** A guest whose device model is code in domain 0, with what was watched of both. */
final class ServedGuest {
    /** Prints an x. */
    static final String OUT = """
            mov dx, 0x3F8
            mov al, 'x'
            out dx, al
            cli
            hlt
        """;

    private static final String DOMAIN_0 = "device-model.asm";

    final List<Event> events = new ArrayList<>();
    final GuestImage image;
    final Monitor monitor;

    ServedGuest(String guest, String domain0, Options options) {
        image = image(guest, domain0);
        monitor = Modes.start("xen-hvm", image, options, events::add).orElseThrow();
    }

    ServedGuest run(long time) {
        monitor.run(monitor.machine().clock().now() + time);
        return this;
    }

    ServedGuest runToTheEnd() {
        run(50_000_000);
        assertTrue(monitor.ending().isPresent(), "it still runs");
        return this;
    }

    Ending.Kind end() {
        return monitor.ending().orElseThrow().kind();
    }

    String serial() {
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    /** A field of the first server's request. */
    long request(int offset, int size) {
        return monitor.machine().ram().read(page() + offset, size);
    }

    /** Address of the page of the first server, before what Xen keeps of an HVM domain. */
    long page() {
        int frames = monitor.machine().config().allFrames() - (int) (XenHvm.MEMORY >>> 12);
        return (long) (frames - IoreqServers.frames()) << 12;
    }

    /** A number at a label of domain 0's, whose frames are given from the last one down. */
    long at0(String label, int offset, int size) {
        GuestImage kernel = image.domain0().orElseThrow();
        long physical = kernel.symbol(label).orElseThrow() + offset;
        long last = monitor.machine().config().guestFrames() - 1L;
        return monitor.machine().ram().read((last - (physical >>> 12) << 12) | physical & 0xFFF, size);
    }

    List<String> reasons(String domain) {
        return events.stream()
                .filter(event -> event.domain().equals(domain))
                .map(Event::reason)
                .toList();
    }

    // How it is made.

    static String model() {
        return new String(SampleGuests.file(DOMAIN_0).orElseThrow(), StandardCharsets.UTF_8);
    }

    static GuestImage image(String guest, String domain0) {
        return Images.recognize(
                guest.getBytes(StandardCharsets.UTF_8),
                "guest.asm",
                ImageOptions.DEFAULT
                        .withMemory(4 << 20)
                        .withFolder(name -> Optional.of(domain0.getBytes(StandardCharsets.UTF_8))));
    }

    static String guest(int bits, String body) {
        return "org 0x1000\nbits " + bits + "\n;@ dom0 " + DOMAIN_0 + "\nstart:\n" + body;
    }

    static ServedGuest served(String body) {
        return served(body, model());
    }

    static ServedGuest served(String body, String domain0) {
        return new ServedGuest(guest(16, body), domain0, Options.DEFAULT);
    }

    /** The device model with a piece of its text replaced, which must be there. */
    static String model(String piece, String other) {
        assertThat(model()).contains(piece);
        return model().replace(piece, other);
    }

    static ServedGuest sample() {
        return new ServedGuest(SampleGuests.source("device-model").orElseThrow(), model(), Options.DEFAULT);
    }
}
