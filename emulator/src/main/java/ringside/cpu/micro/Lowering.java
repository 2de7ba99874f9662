package ringside.cpu.micro;

import java.util.List;
import ringside.isa.Decoded;

/** What an instruction is translated to. */
@FunctionalInterface
public interface Lowering {
    /** Lowers what the tables of this package know; the rest calls its row. */
    Lowering STANDARD = Rules::lower;

    /** The micro-operations that say the same as the instruction's row. */
    List<MicroOperation> lower(Decoded decoded);
}
