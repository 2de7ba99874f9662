package ringside.reference;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import ringside.isa.Form;

/** The processor that the tests run on, reached through the program harness.c, which is built here by gcc. */
final class HostCpu implements AutoCloseable {
    private static final String SOURCE = "src/test/native/harness.c";

    private static final int NESTED_TASK = 1 << 14;
    private static final int STACK = 4; // RSP

    private final Process harness;
    private final boolean hasSegments;
    private final DataInputStream results;

    private HostCpu(Process harness, boolean hasSegments) {
        this.harness = harness;
        this.hasSegments = hasSegments;
        this.results = new DataInputStream(new BufferedInputStream(harness.getInputStream(), 1 << 16));
    }

    /** Whether this machine can answer at all; others use recorded results. */
    static boolean isPossible() {
        String architecture = System.getProperty("os.arch");
        return System.getProperty("os.name").equals("Linux")
                && (architecture.equals("amd64") || architecture.equals("x86_64"));
    }

    /**
     * Builds and starts the harness.
     *
     * @throws AssertionError with what to do where gcc is missing or fails
     */
    static HostCpu start() {
        try {
            String program = build().toString();
            Process harness = new ProcessBuilder(program)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            return new HostCpu(harness, await(new ProcessBuilder(program, "segments").start()) == 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Whether the host's kernel gives its programs a local descriptor table and 32-bit code. Where it does not, the host answers
     * cases of 64-bit code only, and recorded results ({@link RecordedHostTest}) stand for the others.
     */
    boolean hasSegments() {
        return hasSegments;
    }

    /** Whether the host can answer cases of this form. */
    boolean knows(Form form) {
        return hasSegments || form.validIn(64) && !Forms.looksAtSegments(form);
    }

    /** Whether the host can answer this case: without segments, one that its kernel can also start as it stands. */
    boolean canRun(Case given) {
        return hasSegments
                || given.bits() == 64 && (given.flags() & NESTED_TASK) == 0 && isCanonical(given.registers()[STACK]);
    }

    private static boolean isCanonical(long address) {
        return address << 16 >> 16 == address;
    }

    private static Path build() throws IOException {
        Path source = moduleFolder().resolve(SOURCE);
        Path folder = Files.createDirectories(buildFolder().resolve("native"));
        Path program = Files.createTempFile(folder, "harness", "");
        program.toFile().deleteOnExit();
        Process gcc;
        try {
            gcc = new ProcessBuilder(
                            "gcc",
                            "-O2",
                            "-Wall",
                            "-fno-stack-protector",
                            "-fcf-protection=none",
                            "-o",
                            program.toString(),
                            source.toString())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException e) {
            throw new AssertionError("gcc is missing: install the packages gcc and libc6-dev", e);
        }
        String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (await(gcc) != 0) {
            throw new AssertionError("gcc cannot build " + source + " (are gcc and libc6-dev installed?): " + said);
        }
        return program;
    }

    /** Where this module is being built: the folder that holds the compiled tests. */
    static Path buildFolder() {
        try {
            var classes = HostCpu.class.getProtectionDomain().getCodeSource().getLocation();
            return Path.of(classes.toURI()).resolve("..").normalize();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** This module's own folder: above the one it is built in, or where the tests run. */
    static Path moduleFolder() {
        for (Path folder = buildFolder(); folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve(SOURCE))) {
                return folder;
            }
        }
        return Path.of("");
    }

    /** Performs the cases, in order. */
    List<Result> run(List<Case> cases) {
        var writer = new Thread(() -> send(cases), "cases for the host's processor");
        writer.start();
        var all = new ArrayList<Result>(cases.size());
        try {
            for (Case next : cases) {
                all.add(Result.read(results, next));
            }
            writer.join();
        } catch (EOFException e) {
            throw new AssertionError(
                    "the harness ended with status " + harness.onExit().join().exitValue() + " in case " + all.size()
                            + " of this batch",
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return all;
    }

    /** Performs one case. */
    Result run(Case only) {
        return run(List.of(only)).get(0);
    }

    private void send(List<Case> cases) {
        try {
            var out = new BufferedOutputStream(harness.getOutputStream(), 1 << 16);
            for (Case next : cases) {
                out.write(next.toBytes());
            }
            out.flush();
        } catch (IOException e) {
            // The harness has ended: whoever reads its results notices.
            harness.destroy();
        }
    }

    private static int await(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        harness.destroy();
        await(harness);
    }
}
