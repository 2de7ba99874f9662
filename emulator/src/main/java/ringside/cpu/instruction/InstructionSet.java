package ringside.cpu.instruction;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import ringside.cpu.Behaviour;
import ringside.isa.Decoder;
import ringside.isa.Form;
import ringside.isa.Notation;

/** The instruction table: the rows of all chapters, the forms that they stand for, and the behaviour of each form. */
public final class InstructionSet {
    // spotless:off
    private static final List<Row> ROWS = Stream.of(
                    DataTransfer.ROWS,
                    StackOperations.ROWS,
                    Arithmetic.ROWS,
                    Multiplication.ROWS,
                    Decimal.ROWS,
                    Logic.ROWS,
                    Shifts.ROWS,
                    Bits.ROWS,
                    Strings.ROWS,
                    ControlFlow.ROWS,
                    FarTransfers.ROWS,
                    Segments.ROWS,
                    AccessChecks.ROWS,
                    DescriptorTables.ROWS,
                    Interrupts.ROWS,
                    InterruptReturns.ROWS,
                    SystemCalls.ROWS,
                    InputOutput.ROWS,
                    FlagControl.ROWS,
                    SystemControl.ROWS,
                    FloatingPointControl.ROWS,
                    ExtendedStates.ROWS,
                    VmxInstructions.ROWS,
                    SvmInstructions.ROWS)
            .flatMap(List::stream)
            .toList();
    // spotless:on

    private static final List<Form> FORMS = expand();
    private static final Decoder DECODER = new Decoder(FORMS);
    private static final List<Behaviour> BEHAVIOURS =
            FORMS.stream().map(form -> ROWS.get(form.row()).behaviour()).toList();

    private InstructionSet() {}

    private static List<Form> expand() {
        List<Form> forms = new ArrayList<>();
        for (int i = 0; i < ROWS.size(); i++) {
            Row row = ROWS.get(i);
            for (Form form : Notation.forms(i, row.encoding(), row.syntax(), row.trait(), row.attributes())) {
                forms.add(form.numbered(forms.size()));
            }
        }
        return List.copyOf(forms);
    }

    /** All rows, in the order of the chapters. */
    static List<Row> rows() {
        return ROWS;
    }

    /** All forms, in the order of the chapters; a form's ordinal is its place. */
    public static List<Form> forms() {
        return FORMS;
    }

    /** What each form does, by its ordinal. */
    public static List<Behaviour> behaviours() {
        return BEHAVIOURS;
    }

    /** The decoder of the whole table; it holds no state, so all share it. */
    public static Decoder decoder() {
        return DECODER;
    }
}
