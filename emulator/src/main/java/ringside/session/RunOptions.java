package ringside.session;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What the command line can say about a run, not yet judged.
 *
 * @param bits 16, 32 or 64, for flat images; this and the two addresses have no effect on a source
 * @param load address of a flat image
 * @param entry address of its first instruction
 * @param memory as people write it: {@code 64M}
 * @param irqchip {@code user}, {@code kernel} or {@code split}
 * @param hardware {@code vt-x} or {@code amd-v}
 * @param generation {@code 2005}, {@code 2008}, {@code 2010} or {@code today}
 * @param paging {@code shadow} or {@code nested}; empty for the best that the generation has
 * @param translator {@code vmware}, {@code virtualbox} or {@code kqemu}
 */
public record RunOptions(
        String mode,
        OptionalInt bits,
        OptionalLong load,
        OptionalLong entry,
        String memory,
        String irqchip,
        String hardware,
        String generation,
        Optional<String> paging,
        String translator) {
    /** Nothing said but the mode. */
    public static RunOptions of(String mode) {
        return new RunOptions(
                mode,
                OptionalInt.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                "64M",
                "user",
                "vt-x",
                "today",
                Optional.empty(),
                "vmware");
    }

    /**
     * The same with another value of one of the options that choose a machine.
     *
     * @param option as the command line has it: {@code mode}, {@code irqchip}, {@code hardware}, {@code generation},
     *     {@code paging}, {@code translator}
     */
    public RunOptions with(String option, String value) {
        return new RunOptions(
                option.equals("mode") ? value : mode,
                bits,
                load,
                entry,
                memory,
                option.equals("irqchip") ? value : irqchip,
                option.equals("hardware") ? value : hardware,
                option.equals("generation") ? value : generation,
                option.equals("paging") ? Optional.of(value) : paging,
                option.equals("translator") ? value : translator);
    }

    /** The same in another mode. */
    public RunOptions withMode(String other) {
        return new RunOptions(other, bits, load, entry, memory, irqchip, hardware, generation, paging, translator);
    }
}
