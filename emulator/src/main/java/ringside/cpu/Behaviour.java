package ringside.cpu;

/**
 * What an instruction does. RIP already points behind it; where a {@link Fault} or {@link Exit} is thrown, the processor puts RIP back,
 * so everything is read and checked before the first thing is written.
 */
@FunctionalInterface
public interface Behaviour {
    void perform(Cpu cpu, Step step);
}
