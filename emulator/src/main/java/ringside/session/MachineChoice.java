package ringside.session;

/**
 * The machine that a guest runs on, not yet judged.
 *
 * @param memory as people write it: {@code 64M}
 * @param irqchip who has interrupt controllers and timer in mode kvm: {@code user}, {@code kernel} or {@code split}
 */
public record MachineChoice(String memory, String irqchip) {
    /** What a lab opens with when nothing is said. */
    public static final MachineChoice DEFAULT = new MachineChoice("64M", "user");
}
