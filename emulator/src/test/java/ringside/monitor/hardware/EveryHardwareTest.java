package ringside.monitor.hardware;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Guest;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.RandomKernel;
import ringside.monitor.RandomTables;
import ringside.monitor.mode.Modes;
import ringside.probe.Probe;
import ringside.replay.GuestState;
import ringside.replay.Lockstep;
import ringside.session.SampleGuests;

/** Whatever a generation of hardware has, and however memory is virtualized on it: the guest sees a bare machine. */
class EveryHardwareTest {
    private static final boolean LONG = Boolean.getBoolean("ringside.long");
    private static final int GUESTS = LONG ? 1_500 : 60;
    private static final int KERNELS = LONG ? 1_000 : 15;
    private static final int UNITS = 300;
    private static final int[] BITS = {16, 32, 64};
    private static final long[] TIMES = {20, 21, 100, 700, 3_000};
    private static final Path SAMPLES = Path.of("..", "sample-guests");

    /** A mode on one kind of hardware. */
    record Way(String mode, Options options) {
        @Override
        public String toString() {
            return mode + " " + options.virtualization().text() + " "
                    + options.generation().text() + " "
                    + options.paging().map(Paging::text).orElseThrow();
        }
    }

    static Stream<Way> ways() {
        List<Way> ways = new ArrayList<>();
        for (Generation generation : Generation.values()) {
            for (Paging paging : Paging.values()) {
                for (Virtualization hardware : Virtualization.values()) {
                    Options options = Options.DEFAULT
                            .withGeneration(generation)
                            .withPaging(paging)
                            .withVirtualization(hardware);
                    ways.add(new Way(hardware.text(), options));
                    ways.add(new Way("kvm", options));
                    if (LONG || generation == Generation.YEAR_2005 || generation == Generation.TODAY) {
                        ways.add(new Way("xen-hvm", options));
                    }
                }
            }
        }
        return ways.stream().filter(way -> Modes.refusal(way.mode, way.options).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("ways")
    void randomBytesDoAsOnABareMachine(Way way) {
        for (long seed = 0; seed < GUESTS; seed++) {
            assertEquals(
                    bytes("bare", Options.DEFAULT, seed).visible(),
                    bytes(way.mode, way.options, seed).visible(),
                    "seed " + seed);
        }
    }

    private static Guest bytes(String mode, Options options, long seed) {
        Random random = new Random(seed);
        int bits = BITS[random.nextInt(3)];
        byte[] code = new byte[2048];
        random.nextBytes(code);
        return Guest.ofBytes(mode, bits, options, code).runUntil(UNITS);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void kernelsMadeByChanceDoAsOnABareMachine(Way way) {
        for (long seed = 0; seed < KERNELS; seed++) {
            Guest bare = RandomKernel.start("bare", Options.DEFAULT, seed);
            Guest other = RandomKernel.start(way.mode, way.options, seed);
            for (long time : TIMES) {
                assertEquals(bare.runUntil(time).visible(), other.runUntil(time).visible(), "seed " + seed);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void pageTablesMadeByChanceLeadWhereTheyDoOnABareMachine(Way way) {
        for (long seed = 0; seed < KERNELS; seed++) {
            Guest bare = RandomTables.start("bare", Options.DEFAULT, seed);
            Guest other = RandomTables.start(way.mode, way.options, seed);
            for (long time : TIMES) {
                assertEquals(bare.runUntil(time).visible(), other.runUntil(time).visible(), "seed " + seed);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("ways")
    void sampleGuestsEndAsOnABareMachine(Way way) throws IOException {
        try (var folders = Files.list(SAMPLES)) {
            for (Path folder : folders.filter(Files::isDirectory).sorted().toList()) {
                var image = Images.recognize(
                        Files.readAllBytes(folder.resolve("guest.asm")),
                        "guest.asm",
                        ImageOptions.DEFAULT.withFolder(SampleGuests::file));
                if (Modes.misfit(way.mode, image).isPresent()
                        || !image.extensions().isEmpty()) {
                    continue;
                }
                Monitor bare =
                        Modes.start("bare", image, Options.DEFAULT, Probe.NONE).orElseThrow();
                Monitor other =
                        Modes.start(way.mode, image, way.options, Probe.NONE).orElseThrow();
                List<String> named = Lockstep.named(folder.getFileName().toString(), way.mode);
                if (image.domain0().isPresent() && way.mode.equals("xen-hvm")) {
                    new Lockstep(bare, other).byInstructions("domU");
                    continue;
                }
                if (!named.isEmpty()) {
                    new Lockstep(bare, other).untilOneOf(named);
                    continue;
                }
                bare.run(1_000_000_000);
                other.run(1_000_000_000);
                assertEquals(bare.ending(), other.ending(), folder.toString());
                assertEquals(List.of(), GuestState.differences(bare, other), folder.toString());
            }
        }
    }
}
