package ringside.isa;

import java.util.List;
import ringside.cpu.instruction.InstructionSet;

/** The forms that the tests of this package are about: those of the whole instruction table. */
final class TestTable {
    private TestTable() {}

    static List<Form> forms() {
        return InstructionSet.forms();
    }
}
