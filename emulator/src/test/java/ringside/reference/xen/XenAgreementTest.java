package ringside.reference.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.image.GuestImage;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/**
 * The guests that are ported to Xen ask ours for the same as the real one: the same hypercalls with the same arguments, in the same order,
 * with the same results, and they print the same. {@link RecordXen} has recorded the real one, Xen 4.20 with the guest as its domain 0.
 *
 * <p>Not compared: the frame numbers in page-table entries and the time in {@code set_timer_op}, which are the machine's. A guest sleeps in
 * {@code sched_op} (block) if nothing has come yet; that depends on how fast the machine is, so these calls do not count. What a guest
 * prints about its machine is not compared either: {@link #OF_THE_MACHINE}.
 */
class XenAgreementTest {
    private static final Path RECORDINGS = Path.of(RecordXen.RESOURCES);
    private static final String SLEEPS = "sched_op 0x1 0x0 = 0";
    private static final int MOST_STEPS = 1_000_000;
    private static final long MOST_NANOSECONDS = 1_000_000_000;

    /** What a guest prints, and how long it is, where that is the machine's: times; and CR0.TS, as the real one loads x87 registers late. */
    private static final Map<String, Pattern> OF_THE_MACHINE = Map.of(
            "clock", Pattern.compile("(?<=[A-Z]\\w\\w )\\d+|(?<=console_io 0x0 )0x\\w+ 0x\\w+"),
            "sensitive-set", Pattern.compile("(?<=SMSW  0{14}3)[3B]"));

    private static final Pattern NOTHING = Pattern.compile("(?!)");

    static Set<String> guests() throws IOException {
        return RecordXen.guests().keySet();
    }

    @ParameterizedTest
    @MethodSource("guests")
    void makesTheSameHypercallsWithTheSameResults(String guest) throws IOException {
        XenRecording real = XenRecording.read(Files.readString(RECORDINGS.resolve(guest + ".txt")));
        XenRecording ours = ours(Objects.requireNonNull(RecordXen.guests().get(guest)));
        Pattern hidden = OF_THE_MACHINE.getOrDefault(guest, NOTHING);
        assertEquals(without(hidden, String.join("\n", awake(real))), without(hidden, String.join("\n", awake(ours))));
        assertEquals(without(hidden, real.serial()), without(hidden, ours.serial()));
        assertFalse(awake(real).isEmpty());
    }

    static Set<String> pvhGuests() throws IOException {
        return RecordXen.pvhGuests().keySet();
    }

    /** By PVH there is no page of Xen's in which a guest could be watched; what it prints is compared. */
    @ParameterizedTest
    @MethodSource("pvhGuests")
    void printsTheSameWhereItStartsByPvh(String guest) throws IOException {
        GuestImage image = Objects.requireNonNull(RecordXen.pvhGuests().get(guest));
        Monitor monitor =
                Modes.start("xen-pvh", image, Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(MOST_NANOSECONDS);
        assertEquals(Files.readString(Path.of(RecordXen.PVH_TEXTS, guest + ".txt")), serial(monitor));
    }

    @Test
    void everyRecordingHasItsGuest() throws IOException {
        assertEquals(guests(), recorded(RECORDINGS));
        assertEquals(pvhGuests(), recorded(Path.of(RecordXen.PVH_TEXTS)));
    }

    private static Set<String> recorded(Path folder) throws IOException {
        try (Stream<Path> recordings = Files.list(folder)) {
            return recordings
                    .map(file -> file.getFileName().toString().replace(".txt", ""))
                    .collect(Collectors.toSet());
        }
    }

    private static String without(Pattern hidden, String text) {
        return hidden.matcher(text).replaceAll("-");
    }

    private static List<String> awake(XenRecording recording) {
        return recording.shown().stream().filter(call -> !call.equals(SLEEPS)).toList();
    }

    /** Instruction by instruction, watched as the real one is. */
    private static XenRecording ours(GuestImage image) {
        Monitor monitor =
                Modes.start("xen-pv", image, Options.DEFAULT, event -> {}).orElseThrow();
        var calls =
                new CallWatch(image.xenKernel().orElseThrow().hypercallPage().orElseThrow());
        for (int i = 0; i < MOST_STEPS && monitor.ending().isEmpty(); i++) {
            Cpu cpu = monitor.real();
            CallWatch.State state = state(cpu.registers);
            if (calls.isEntry(state.rip())) {
                calls.enter(state, cpu.memory.read(state.rsp(), 8));
            } else if (calls.isBack(state)) {
                calls.back(state);
            }
            monitor.run(monitor.machine().clock().now() + 1);
        }
        return new XenRecording(serial(monitor), calls.calls());
    }

    private static String serial(Monitor monitor) {
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    private static CallWatch.State state(Registers registers) {
        return new CallWatch.State(
                registers.rip(),
                registers.get(Registers.RSP),
                registers.get(Registers.RAX),
                registers.get(Registers.RDI),
                registers.get(Registers.RSI),
                registers.get(Registers.RDX),
                registers.get(10),
                registers.get(8));
    }
}
