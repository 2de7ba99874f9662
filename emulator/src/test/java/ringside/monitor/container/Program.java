package ringside.monitor.container;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import ringside.image.GuestImage;
import ringside.image.ImageOptions;
import ringside.image.Images;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.monitor.Options;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;

/** A Linux program given as source lines, with what it did. */
final class Program {
    /** An ELF header, a page of code, and behind the file 16 pages of zeros. */
    private static final String HEADER = """
            bits 64
            org 0x400000
            elf_header: db 0x7F, "ELF", 2, 1, 1, 0
            dq 0
            dw 2, 62
            dd 1
            dq start, program_header - elf_header, 0
            dd 0
            dw 64, 56, 1, 64, 0, 0
            program_header: dd 1, 7
            dq 0, elf_header, elf_header, end - elf_header, end - elf_header + 0x10000, 0x1000
            %macro sys 1-5
            %if %0 > 4
            mov r10, %5
            %endif
            %if %0 > 3
            mov rdx, %4
            %endif
            %if %0 > 2
            mov rsi, %3
            %endif
            %if %0 > 1
            mov rdi, %2
            %endif
            mov eax, %1
            syscall
            %endmacro
            start:
            """;

    final Monitor monitor;
    final List<Event> events = new ArrayList<>();

    private Program(GuestImage image) {
        monitor = Modes.start("container", image, Options.DEFAULT.withMemory(image.memory()), events::add)
                .orElseThrow();
    }

    /** Source lines behind an ELF header; {@code sys NUMBER, arguments} makes a call. */
    static Program of(String... lines) {
        return of(bytes(lines));
    }

    static Program of(byte[] file) {
        return new Program(Images.recognize(file, "program", ImageOptions.DEFAULT.withMemory(4 << 20)));
    }

    /** The file that the lines make. */
    static byte[] bytes(String... lines) {
        String source = HEADER + String.join("\n", lines) + "\nend:\n";
        GuestImage image =
                Images.recognize(source.getBytes(StandardCharsets.UTF_8), "program.asm", ImageOptions.DEFAULT);
        return image.program().orElseThrow().file().toArray();
    }

    /** Runs to the end, which must come within ten million units. */
    Program run() {
        monitor.run(10_000_000);
        if (monitor.ending().isEmpty()) {
            throw new AssertionError("the program still runs at "
                    + Long.toHexString(monitor.real().registers.rip()));
        }
        return this;
    }

    int status() {
        return run().monitor.ending().map(Ending::status).orElseThrow();
    }

    String text() {
        run();
        return new String(monitor.machine().serial().bytes(), StandardCharsets.ISO_8859_1);
    }

    /** What the first call of this name gave back. */
    long result(String call) {
        return events.stream()
                .filter(event ->
                        event instanceof Event.Exit exit && exit.reason().equals(call))
                .mapToLong(event -> ((Event.Exit) event).qualification())
                .findFirst()
                .orElseThrow();
    }

    /** All that calls of this name gave back, in order. */
    List<Long> results(String call) {
        return events.stream()
                .filter(event ->
                        event instanceof Event.Exit exit && exit.reason().equals(call))
                .map(event -> ((Event.Exit) event).qualification())
                .toList();
    }
}
