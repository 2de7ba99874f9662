package ringside.isa;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** In which way instructions are written. Both ways read the same rows of the instruction table. */
public enum Syntax {
    /** As the manual and NASM write them: destination first. */
    INTEL {
        @Override
        public String text(Decoded instruction, long address, Symbols symbols) {
            return Disassembler.text(instruction, address, symbols);
        }
    },
    /** As AT&amp;T's and GNU's tools write them: destination last, sizes behind names. */
    ATT {
        @Override
        public String text(Decoded instruction, long address, Symbols symbols) {
            return AttDisassembler.text(instruction, address, symbols);
        }
    };

    /**
     * The text of an instruction.
     *
     * @param instruction the instruction
     * @param address where it stands: what relative distances count from
     * @param symbols names for jump targets and memory without registers
     */
    public abstract String text(Decoded instruction, long address, Symbols symbols);

    /** A byte that begins no instruction, as each kind of assembler writes data. */
    public String data(int value) {
        return String.format(Locale.ROOT, this == ATT ? ".byte 0x%02x" : "db 0x%02x", value & 0xFF);
    }

    /** The name that addresses and options use: {@code intel} or {@code att}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The names of both. */
    public static List<String> labels() {
        return Arrays.stream(values()).map(Syntax::label).toList();
    }

    /** The syntax of that name. */
    public static Optional<Syntax> named(String label) {
        return Arrays.stream(values())
                .filter(syntax -> syntax.label().equals(label))
                .findFirst();
    }
}
