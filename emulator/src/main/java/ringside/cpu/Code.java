package ringside.cpu;

import org.jspecify.annotations.Nullable;

/** What runs at an address. */
public interface Code {
    /**
     * The step at CS:RIP, fetched with all checks.
     *
     * @throws Fault #PF, #GP (limit, length over 15 bytes) or #UD
     */
    Step fetch(Cpu cpu);

    /**
     * Steps of a RAM frame, by offset, for the given code size; null where none are kept. The processor runs from this array as long as
     * it stays on the page.
     */
    Step @Nullable [] stepsOfFrame(int frame, int bits);
}
