package ringside.reference.system;

import java.util.List;

/**
 * A state, a few instructions in it, and nothing else: they end by themselves or at the INT3 behind them.
 *
 * @param form what the case is about: its family, a colon, an instruction or what it does
 * @param detail what makes it another than the others of its form
 * @param words the 34 doublewords of kernel.asm's state
 * @param patches what lies in the work area, in this order
 */
record SystemCase(String form, String detail, boolean inLongMode, List<Integer> words, List<Patch> patches) {
    /** Bytes at an address of the work area. */
    static final class Patch {
        private final int address;
        private final byte[] bytes;

        Patch(int address, byte[] bytes) {
            this.address = address;
            this.bytes = bytes.clone();
        }

        int address() {
            return address;
        }

        byte[] bytes() {
            return bytes.clone();
        }
    }

    SystemCase {
        words = List.copyOf(words);
        patches = List.copyOf(patches);
    }

    String family() {
        return form.substring(0, form.indexOf(':'));
    }

    @Override
    public String toString() {
        return detail.isEmpty() ? form : form + "; " + detail;
    }
}
