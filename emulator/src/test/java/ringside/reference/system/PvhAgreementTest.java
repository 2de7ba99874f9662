package ringside.reference.system;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;

/**
 * A kernel that starts by PVH finds in mode xen-pvh what it finds where QEMU is its loader ({@code -kernel}, hw/i386/x86.c and pc-bios/optionrom/pvh): the
 * same file notes how it was started. What QEMU has and Xen's domain has not is listed with its reason.
 */
class PvhAgreementTest {
    private static final int MEMORY = 64 << 20;
    private static final int PATIENCE_SECONDS = 60;

    // Offsets in what the kernel has noted.
    private static final int EBX = 0;
    private static final int FLAGS = 4;
    private static final int CR0 = 8;
    private static final int CR4 = 12;
    private static final int CODE_BASE = 16;
    private static final int DATA = 20;
    private static final int EFER = 24;
    private static final int SELECTORS = 28;
    private static final int INFORMATION = 64;
    private static final int MAP = 128;
    private static final int MOST_ENTRIES = 16;

    private static final int ELF = 0x464C_457F;

    /** IF, TF and VM; the rest is left open (docs/misc/pvh.pandoc). */
    private static final int PROMISED_FLAGS = 1 << 9 | 1 << 8 | 1 << 17;

    /** Fields that differ, and why. */
    // spotless:off
    private static final Map<String, String> REASONS = Map.of(
            "ebx",       "start_info.h leaves the place open: QEMU's option ROM has it in its own memory, our builder behind the kernel",
            "selectors", "pvh.pandoc promises the cached segments, not the selectors: QEMU's are those of its ROM's table, the domain has no table",
            "cmdline",   "QEMU passes an empty line where there is none; 0 is none",
            "rsdp",      "QEMU's PC has ACPI; the domain has none",
            "entries",   "QEMU's PC has memory below 1 MiB for firmware, and more that is reserved; the domain's special pages are where Xen's are");
    // spotless:on

    @TempDir
    Path folder;

    @Test
    void aKernelIsStartedAsByQemusLoader() throws IOException, InterruptedException {
        GuestImage image = image();
        byte[] file = image.xenKernel().orElseThrow().file().toArray();
        ByteBuffer ours = ours(image);
        ByteBuffer theirs = qemu(file);
        Map<String, String> differences = new TreeMap<>();
        Map<String, Long> left = noted(ours);
        Map<String, Long> right = noted(theirs);
        left.forEach((name, value) -> {
            long other = requireNonNull(right.get(name));
            if (value != other) {
                differences.put(name, Long.toHexString(value) + " / " + Long.toHexString(other));
            }
        });
        assertThat(differences.keySet()).as("ours / QEMU's: " + differences).isEqualTo(REASONS.keySet());
        // What both must have: the kernel in RAM that the map tells of, and what starts it below 4 GiB, aligned.
        for (ByteBuffer each : List.of(ours, theirs)) {
            assertThat(each.getInt(DATA)).isEqualTo(ELF);
            assertThat(each.getInt(EBX) & 3).isZero();
            assertThat(isRam(each, 0x10_0000, file.length)).isTrue();
        }
    }

    private static Map<String, Long> noted(ByteBuffer state) {
        Map<String, Long> fields = new TreeMap<>();
        fields.put("ebx", Integer.toUnsignedLong(state.getInt(EBX)));
        fields.put("flags", (long) state.getInt(FLAGS) & PROMISED_FLAGS);
        fields.put("cr0", Integer.toUnsignedLong(state.getInt(CR0)));
        fields.put("cr4", Integer.toUnsignedLong(state.getInt(CR4)));
        fields.put("efer", Integer.toUnsignedLong(state.getInt(EFER)));
        fields.put("code base", Integer.toUnsignedLong(state.getInt(CODE_BASE)));
        fields.put("data", Integer.toUnsignedLong(state.getInt(DATA)));
        fields.put("selectors", state.getLong(SELECTORS));
        fields.put("magic", Integer.toUnsignedLong(state.getInt(INFORMATION)));
        fields.put("version", Integer.toUnsignedLong(state.getInt(INFORMATION + 4)));
        fields.put("information's flags", Integer.toUnsignedLong(state.getInt(INFORMATION + 8)));
        fields.put("modules", Integer.toUnsignedLong(state.getInt(INFORMATION + 12)));
        fields.put("modlist", state.getLong(INFORMATION + 16));
        fields.put("cmdline", state.getLong(INFORMATION + 24));
        fields.put("rsdp", state.getLong(INFORMATION + 32));
        fields.put("entries", Integer.toUnsignedLong(state.getInt(INFORMATION + 48)));
        fields.put("reserved", Integer.toUnsignedLong(state.getInt(INFORMATION + 52)));
        fields.put("first entry's address", state.getLong(MAP));
        fields.put("first entry's type", Integer.toUnsignedLong(state.getInt(MAP + 16)));
        return fields;
    }

    private static boolean isRam(ByteBuffer state, long address, long length) {
        int entries = state.getInt(INFORMATION + 48);
        assertThat(entries).isBetween(1, MOST_ENTRIES);
        for (int i = 0; i < entries; i++) {
            long first = state.getLong(MAP + i * 24);
            long end = first + state.getLong(MAP + i * 24 + 8);
            if (state.getInt(MAP + i * 24 + 16) == 1 && first <= address && address + length <= end) {
                return true;
            }
        }
        return false;
    }

    private static GuestImage image() throws IOException {
        try (InputStream source = PvhAgreementTest.class.getResourceAsStream("pvh-start.asm")) {
            return Images.recognize(source.readAllBytes(), "pvh-start.asm", ImageOptions.DEFAULT.withMemory(MEMORY));
        }
    }

    private static ByteBuffer ours(GuestImage image) {
        var monitor =
                Modes.start("xen-pvh", image, Options.DEFAULT, event -> {}).orElseThrow();
        monitor.run(1_000_000);
        byte[] state = new byte[MAP + MOST_ENTRIES * 24];
        long at = requireNonNull(image.symbols().get("state"));
        for (int i = 0; i < state.length; i++) {
            state[i] = (byte) monitor.machine().ram().read(at + i, 1);
        }
        return ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN);
    }

    private ByteBuffer qemu(byte[] file) throws IOException, InterruptedException {
        Path kernel = Files.write(folder.resolve("kernel"), file);
        Path noted = folder.resolve("noted");
        Process qemu = new ProcessBuilder(
                        "qemu-system-x86_64",
                        "-accel",
                        "tcg",
                        "-m",
                        "64",
                        "-display",
                        "none",
                        "-nodefaults",
                        "-no-reboot",
                        "-kernel",
                        kernel.toString(),
                        "-debugcon",
                        "file:" + noted,
                        "-device",
                        "isa-debug-exit,iobase=0xf4,iosize=1")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("screen").toFile())
                .start();
        boolean ended = qemu.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
        qemu.destroyForcibly();
        String screen = Files.readString(folder.resolve("screen"), StandardCharsets.ISO_8859_1);
        assertThat(ended).as(screen).isTrue();
        byte[] bytes = Files.readAllBytes(noted);
        return ByteBuffer.wrap(Arrays.copyOf(bytes, MAP + MOST_ENTRIES * 24)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
