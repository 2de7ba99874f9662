package ringside.monitor.paravirtual;

import ringside.memory.Ram;

/**
 * The console of a domain without privilege, as who serves it sees it: Xen's public header io/console.h.
 *
 * <pre>
 *   0H  in[1024]    400H  out[2048]    C00H  in_cons  in_prod  out_cons  out_prod
 * </pre>
 */
final class ConsoleRing {
    private static final int IN = 0;
    private static final int IN_SIZE = 1024;
    private static final int OUT = 0x400;
    private static final int OUT_SIZE = 2048;
    private static final int IN_CONSUMER = 0xC00;
    private static final int IN_PRODUCER = 0xC04;
    private static final int OUT_CONSUMER = 0xC08;
    private static final int OUT_PRODUCER = 0xC0C;

    private final SharedRing input;
    private final SharedRing output;

    /** @param page machine address of the page that the domain has granted */
    ConsoleRing(Ram ram, long page) {
        input = new SharedRing(ram, page + IN, IN_SIZE, page + IN_CONSUMER, page + IN_PRODUCER);
        output = new SharedRing(ram, page + OUT, OUT_SIZE, page + OUT_CONSUMER, page + OUT_PRODUCER);
    }

    SharedRing input() {
        return input;
    }

    SharedRing output() {
        return output;
    }

    /** What the domain has written since it was asked last. */
    byte[] written() {
        return output.take(OUT_SIZE);
    }

    /** Types a byte; false where there is no room for it. */
    boolean type(int value) {
        return input.put(new byte[] {(byte) value}) == 1;
    }
}
