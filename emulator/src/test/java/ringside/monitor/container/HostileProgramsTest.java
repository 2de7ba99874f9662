package ringside.monitor.container;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever programs ask of their kernel: it answers as Linux does or ends them, and never with an error of ours. */
class HostileProgramsTest {
    /** Place in the file: its program header's p_filesz. */
    private static final int FILE_SIZE = 64 + 32;

    private static final int PROGRAMS = Boolean.getBoolean("ringside.long") ? 20_000 : 400;
    private static final int CALLS = 40;

    private static final int[] NUMBERS = {
        0, 1, 2, 3, 8, 9, 10, 11, 12, 16, 22, 24, 32, 33, 35, 39, 56, 57, 59, 61, 62, 63, 79, 80, 83, 84, 87, 102, 105,
        106, 110, 157, 158, 161, 165, 166, 170, 228, 257, 272, 317, 500
    };

    private static final String[] ARGUMENTS = {
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "-1",
        "-100",
        "7",
        "8",
        "16",
        "17",
        "22",
        "34",
        "38",
        "63",
        "64",
        "0x1000",
        "0x2000",
        "0x10011",
        "0x1002",
        "0x20000011",
        "0x14000000",
        "0x34020011",
        "0x40000000",
        "4096",
        "65536",
        "1 << 40",
        "0x7FFFFFFFF000",
        "0x8000000000000000",
        "0xFFFFFFFFFFFFF000",
        "0x400000",
        "0x401000",
        "0x40FFFF",
        "rsp",
        "rax",
        "rbx",
        "path_a",
        "path_b",
        "path_c",
        "path_d",
        "path_e",
        "path_f",
        "kind",
        "filter",
        "vector",
        "data"
    };

    private static byte[] program(Random random) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            if (random.nextInt(12) == 0) {
                lines.add("mov rbx, rax");
            }
            StringBuilder call = new StringBuilder("sys " + NUMBERS[random.nextInt(NUMBERS.length)]);
            for (int argument = 0; argument < 4; argument++) {
                call.append(", ").append(ARGUMENTS[random.nextInt(ARGUMENTS.length)]);
            }
            lines.add(call.toString());
        }
        lines.add("sys 60, 0");
        lines.add("path_a: db '/tmp/a', 0");
        lines.add("path_b: db '/tmp', 0");
        lines.add("path_c: db '/sys/fs/cgroup/a', 0");
        lines.add("path_d: db '/sys/fs/cgroup/cgroup.procs', 0");
        lines.add("path_e: db '/proc/self/uid_map', 0");
        lines.add("path_f: db '/bin/program', 0");
        lines.add("kind: db '" + List.of("tmpfs", "proc", "cgroup2").get(random.nextInt(3)) + "', 0");
        lines.add("align 8");
        lines.add("vector: dq path_f, path_a, 0");
        lines.add("filter: dq " + random.nextInt(6) + ", data");
        StringBuilder data = new StringBuilder("data: db 0");
        for (int i = 0; i < 47; i++) {
            int one = random.nextInt(3) == 0
                    ? random.nextInt(256)
                    : List.of(0, 6, 0x15, 0x20, 1, 4).get(random.nextInt(6));
            data.append(", ").append(one);
        }
        lines.add(data.toString());
        return Program.bytes(lines.toArray(String[]::new));
    }

    @Test
    void noSeriesOfCallsBringsTheKernelDown() {
        int ended = 0;
        for (long seed = 0; seed < PROGRAMS; seed++) {
            Program program = Program.of(program(new Random(seed)));
            try {
                program.monitor.run(300_000);
                var saved = program.monitor.save();
                program.monitor.run(600_000);
                program.monitor.restore(saved);
                program.monitor.run(600_000);
            } catch (RuntimeException | Error error) {
                throw new AssertionError("seed " + seed, error);
            }
            ended += program.monitor.ending().isPresent() ? 1 : 0;
        }
        assertTrue(ended > PROGRAMS / 2, ended + " of " + PROGRAMS + " came to an end");
    }

    /** Random bytes as a program: it ends by a signal, by itself, or goes on. */
    @Test
    void randomBytesDoNotBringTheKernelDown() {
        byte[] head = Program.bytes();
        int signals = 0;
        for (long seed = 0; seed < PROGRAMS; seed++) {
            Random random = new Random(seed);
            byte[] file = Arrays.copyOf(head, head.length + 512);
            byte[] code = new byte[512];
            random.nextBytes(code);
            System.arraycopy(code, 0, file, head.length, code.length);
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putLong(FILE_SIZE, file.length);
            try {
                Program program = Program.of(file);
                program.monitor.run(20_000);
                signals += program.monitor
                        .ending()
                        .filter(ending -> ending.status() > 128)
                        .map(ending -> 1)
                        .orElse(0);
            } catch (RuntimeException | Error error) {
                throw new AssertionError("seed " + seed, error);
            }
        }
        assertTrue(signals > PROGRAMS / 2, signals + " of " + PROGRAMS + " were ended by a signal");
    }

    /** The header of the file is hostile too: it is refused in a sentence, or runs. */
    @Test
    void noChangeOfAFileBringsTheLoaderDown() {
        byte[] good = Program.bytes("sys 1, 1, text, 3", "sys 60, 0", "text: db 'hey'");
        int ran = 0;
        for (long seed = 0; seed < PROGRAMS; seed++) {
            Random random = new Random(seed);
            byte[] bad = good.clone();
            for (int i = 0; i <= random.nextInt(4); i++) {
                bad[5 + random.nextInt(115)] = (byte) random.nextInt(256);
            }
            try {
                Program.of(bad).monitor.run(100_000);
                ran++;
            } catch (ringside.image.BadImage refused) {
                assertTrue(refused.sentence().length() > 10, refused.sentence());
            } catch (RuntimeException | Error error) {
                throw new AssertionError("seed " + seed, error);
            }
        }
        assertTrue(ran > 0 && ran < PROGRAMS, ran + " of " + PROGRAMS + " ran");
    }
}
