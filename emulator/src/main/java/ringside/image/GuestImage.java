package ringside.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What a guest file says: everything that is needed to start a machine with it, and what is known of its source.
 *
 * @param name for people
 * @param memory bytes of RAM
 * @param segments what is in memory at the start; nothing overlaps, everything lies within memory
 * @param start the processor at the start
 * @param symbols addresses by name, in the order of the source
 * @param source the text it was assembled from
 * @param lines which line of the source each piece of code or data came from, by rising address
 * @param milestones marked places of the source, by which ported guests are compared
 * @param extensions what the source asks of the processor beyond the usual
 * @param program where the guest is not a machine's software but a program for a Linux kernel: what its kernel loads. Then {@code segments}
 *     is empty, and {@code start} is the program's first state in user mode
 * @param xenKernel where the guest is a kernel made for Xen: what a domain is built of. Then {@code segments} is empty too, and {@code
 *     start} is what the kernel finds, but for the tables and the stack that the domain's builder makes
 * @param domain0 the kernel, with its source, that runs beside a kernel for Xen in a domain of its own and serves its devices
 */
public record GuestImage(
        String name,
        long memory,
        List<Segment> segments,
        StartState start,
        Map<String, Long> symbols,
        Optional<String> source,
        List<SourceLine> lines,
        List<Milestone> milestones,
        Set<Extension> extensions,
        Optional<LinuxProgram> program,
        Optional<XenKernel> xenKernel,
        Optional<GuestImage> domain0) {

    /** A guest that is alone in its machine. */
    public GuestImage(
            String name,
            long memory,
            List<Segment> segments,
            StartState start,
            Map<String, Long> symbols,
            Optional<String> source,
            List<SourceLine> lines,
            List<Milestone> milestones,
            Set<Extension> extensions,
            Optional<LinuxProgram> program,
            Optional<XenKernel> xenKernel) {
        this(
                name,
                memory,
                segments,
                start,
                symbols,
                source,
                lines,
                milestones,
                extensions,
                program,
                xenKernel,
                Optional.empty());
    }

    /** What a processor may have, or not: {@code ;@ cpu svm} or {@code ;@ cpu vmx} in a source asks for it. */
    public enum Extension {
        /** AMD's virtualization. */
        SVM,
        /** Intel's. */
        VMX
    }

    /**
     * Bytes that came from one line.
     *
     * @param address of the first byte
     * @param length in bytes
     * @param line from 1
     */
    public record SourceLine(long address, int length, int line) {}

    /**
     * A marked place.
     *
     * @param name what the mark says
     * @param address of the code that follows it
     * @param line from 1
     */
    public record Milestone(String name, long address, int line) {}

    public GuestImage {
        segments = List.copyOf(segments);
        symbols = Collections.unmodifiableMap(new LinkedHashMap<>(symbols));
        lines = List.copyOf(lines);
        milestones = List.copyOf(milestones);
        extensions = Set.copyOf(extensions);
    }

    /** The same guest with a domain 0 beside it. */
    GuestImage beside(GuestImage other) {
        return new GuestImage(
                name,
                memory,
                segments,
                start,
                symbols,
                source,
                lines,
                milestones,
                extensions,
                program,
                xenKernel,
                Optional.of(other));
    }

    /** The address of a symbol. */
    public OptionalLong symbol(String symbolName) {
        Long address = symbols.get(symbolName);
        return address == null ? OptionalLong.empty() : OptionalLong.of(address);
    }

    /** An image of a kernel for Xen, without source. */
    static GuestImage xenKernel(String name, long memory, XenKernel kernel) {
        return new GuestImage(
                name,
                memory,
                List.of(),
                StartStates.xenKernel(kernel.bits(), kernel.entry()),
                Map.of(),
                Optional.empty(),
                List.of(),
                List.of(),
                Set.of(),
                Optional.empty(),
                Optional.of(kernel));
    }

    /** An image without source. */
    static GuestImage binary(String name, long memory, Layout layout, StartState start, Map<String, Long> symbols) {
        return new GuestImage(
                name,
                memory,
                layout.segments(),
                start,
                symbols,
                Optional.empty(),
                List.of(),
                List.of(),
                Set.of(),
                Optional.empty(),
                Optional.empty());
    }
}
