package ringside.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import ringside.cpu.instruction.InstructionSet;
import ringside.cpu.micro.Lowering;
import ringside.cpu.micro.MicroCode;
import ringside.cpu.micro.MicroOperation;
import ringside.cpu.micro.MicroOperation.Kind;
import ringside.isa.CodeSource;
import ringside.isa.Decoded;
import ringside.isa.Decoder;
import ringside.isa.Form;

/** Micro-operations say the same as the rows of the instruction table: registers, flags, memory and faults, over random states. */
class LoweringTest {
    private static final int EACH = Boolean.getBoolean("ringside.long") ? 2000 : 60;

    /** Enough for every micro-operation of a form to matter once. */
    private static final int MOST = 4000;

    /**
     * Forms that are rare and call their row although they are not sensitive: divisions, decimal arithmetic, rotations through carry,
     * wide exchanges, ENTER, the state of x87 and SSE, and what always faults.
     */
    private static final Set<String> RARE = Set.of(
            "AAA",
            "AAD",
            "AAM",
            "AAS",
            "BOUND",
            "CMPXCHG16B",
            "CMPXCHG8B",
            "DAA",
            "DAS",
            "DIV",
            "ENTER",
            "FLDCW",
            "FNINIT",
            "FNSTCW",
            "FNSTSW",
            "FXRSTOR",
            "FXRSTOR64",
            "FXSAVE",
            "FXSAVE64",
            "IDIV",
            "RCL",
            "RCR",
            "UD0",
            "UD1",
            "UD2",
            "WAIT",
            "XRSTOR",
            "XRSTOR64",
            "XSAVE",
            "XSAVE64");

    /** What no case of a single instruction can show. */
    private static final Map<String, String> UNSEEN = Map.of(
            "CALL in F3 90  PAUSE",
            "its row does nothing where no monitor waits",
            "CALL in 9B  WAIT",
            "its row does nothing where no exception is pending",
            "CALL in DB E3  FNINIT",
            "no case of a single instruction shows what it changes",
            "CHECK_STORE in 60  PUSHA o16",
            "no case is drawn whose stack ends in the middle of it; EmulationTest has one",
            "CHECK_STORE in 60  PUSHAD o32",
            "the same",
            "CHECK_STORE in E8 cd  CALL rel32 o64",
            "it matters for a target that is not canonical, and code is never so near to one");

    private final Decoder decoder = InstructionSet.decoder();
    private final EmulatedCpu rows = new EmulatedCpu();

    private static EmulatedCpu translating(Lowering lowering) {
        return new EmulatedCpu((ram, steps) ->
                new MicroCode(ram, steps, InstructionSet.decoder(), InstructionSet.behaviours(), lowering));
    }

    private Decoded decode(Case given) {
        return decoder.decode(CodeSource.of(given.code(), 0), given.bits());
    }

    private List<MicroOperation> lowered(Case given) {
        return Lowering.STANDARD.lower(decode(given));
    }

    private static boolean same(Result a, Result b) {
        return a.vector() == b.vector()
                && a.error() == b.error()
                && a.cr2() == b.cr2()
                && a.rip() == b.rip()
                && a.flags() == b.flags()
                && Arrays.equals(a.selectors(), b.selectors())
                && Arrays.equals(a.registers(), b.registers())
                && a.changes().equals(b.changes());
    }

    @Test
    void everyFormDoesWhatItsRowDoes() {
        var translated = translating(Lowering.STANDARD);
        for (Form form : InstructionSet.forms()) {
            for (int i = 0; i < EACH; i++) {
                Case given = RandomInstructions.of(decoder, form, i);
                Result wanted = rows.run(given);
                Result got = translated.run(given);
                if (!same(wanted, got)) {
                    fail(Forms.name(form) + ", case " + i + ", " + lowered(given) + ": " + got + ", not " + wanted);
                }
            }
        }
    }

    @Test
    void whatIsCommonIsLoweredAndTheRestIsListed() {
        Set<String> call = new TreeSet<>();
        for (Form form : InstructionSet.forms()) {
            if (form.trait() == ringside.isa.Trait.INNOCUOUS
                    && lowered(RandomInstructions.of(decoder, form, 0)).stream()
                            .anyMatch(operation -> operation.kind() == Kind.CALL)) {
                call.add(form.mnemonic());
            }
        }
        assertThat(call).containsExactlyInAnyOrderElementsOf(RARE);
    }

    @Test
    void noMicroOperationIsThereForShow() {
        Set<Kind> met = EnumSet.noneOf(Kind.class);
        List<String> unnoticed = new ArrayList<>();
        for (Form form : InstructionSet.forms()) {
            Set<Kind> kinds = EnumSet.noneOf(Kind.class);
            for (int i = 0; i < 12; i++) {
                lowered(RandomInstructions.of(decoder, form, i)).forEach(operation -> kinds.add(operation.kind()));
            }
            met.addAll(kinds);
            for (Kind kind : kinds) {
                if (!isNoticed(form, kind)) {
                    unnoticed.add(kind + " in " + Forms.name(form));
                }
            }
        }
        assertThat(unnoticed).containsExactlyInAnyOrderElementsOf(UNSEEN.keySet());
        assertThat(met).isEqualTo(EnumSet.allOf(Kind.class));
    }

    /** Does it make a difference in some case if this kind does nothing, or makes a wrong value? */
    private boolean isNoticed(Form form, Kind kind) {
        var corrupted = translating(decoded ->
                Lowering.STANDARD.lower(decoded).stream().map(corrupting(kind)).toList());
        for (int i = 0; i < MOST; i++) {
            Case given = RandomInstructions.of(decoder, form, i);
            if (lowered(given).stream().anyMatch(operation -> operation.kind() == kind)
                    && !same(rows.run(given), corrupted.run(given))) {
                return true;
            }
        }
        return false;
    }

    private static UnaryOperator<MicroOperation> corrupting(Kind kind) {
        return operation -> operation.kind() != kind
                ? operation
                : new MicroOperation(
                        kind == Kind.NUMBER ? Kind.GET : Kind.NUMBER,
                        makes(kind) ? operation.to() : 47,
                        0,
                        0,
                        0,
                        32,
                        0x13);
    }

    private static boolean makes(Kind kind) {
        return switch (kind) {
            case PUT,
                    PUT_STACK_POINTER,
                    SKIP_IF_ZERO,
                    STORE,
                    CHECK_STORE,
                    FLAGS_OF_SUM,
                    FLAGS_OF_DIFFERENCE,
                    FLAGS_OF_LOGIC,
                    FLAGS_OF_SHIFT,
                    KEEP_CARRY,
                    PUT_FLAGS,
                    JUMP,
                    REPEAT,
                    CALL,
                    MOVE_IF -> false;
            default -> true;
        };
    }
}
