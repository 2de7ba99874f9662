package ringside.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The machine that a guest runs on, and what its mode stands on, not yet judged.
 *
 * @param memory as people write it: {@code 64M}
 * @param irqchip who has interrupt controllers and timer in mode kvm: {@code user}, {@code kernel} or {@code split}
 * @param hardware what mode kvm runs on: {@code vt-x} or {@code amd-v}
 * @param generation of the hardware under the modes vt-x, amd-v and kvm: {@code 2005}, {@code 2008}, {@code 2010} or {@code today}
 * @param paging how that hardware finds the guest's memory: {@code shadow}, {@code nested}, or {@code best} that the generation has
 * @param translator whose way mode binary-translation takes: {@code vmware}, {@code virtualbox} or {@code kqemu}
 */
public record MachineChoice(
        String memory, String irqchip, String hardware, String generation, String paging, String translator) {
    /** Nothing is said about paging. */
    static final String BEST = "best";

    /** What a lab opens with when nothing is said. */
    public static final MachineChoice DEFAULT = new MachineChoice("64M", "user", "vt-x", "today", BEST, "vmware");

    /** A choice by the names that forms and addresses have for its parts; where they say nothing, it is as usual. */
    public static MachineChoice read(Function<String, Optional<String>> said) {
        return new MachineChoice(
                said.apply("memory").orElse(DEFAULT.memory),
                said.apply("irqchip").orElse(DEFAULT.irqchip),
                said.apply("hardware").orElse(DEFAULT.hardware),
                said.apply("generation").orElse(DEFAULT.generation),
                said.apply("paging").orElse(DEFAULT.paging),
                said.apply("translator").orElse(DEFAULT.translator));
    }

    /** Its parts by those names, in the order in which they are shown. */
    public Map<String, String> parts() {
        Map<String, String> parts = new LinkedHashMap<>();
        parts.put("memory", memory);
        parts.put("irqchip", irqchip);
        parts.put("hardware", hardware);
        parts.put("generation", generation);
        parts.put("paging", paging);
        parts.put("translator", translator);
        return parts;
    }

    /** The parts that are not as usual. */
    public Map<String, String> unusual() {
        Map<String, String> unusual = parts();
        unusual.entrySet().removeAll(DEFAULT.parts().entrySet());
        return unusual;
    }
}
