package ringside.cpu.instruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import ringside.isa.Form;

class InstructionSetTest {
    private static final List<String> NEEDED = Arrays.asList(
            ("MOV MOVSX MOVSXD MOVZX CMOVZ XCHG BSWAP XADD CMPXCHG CMPXCHG8B CMPXCHG16B CBW CWDE CDQE CWD CDQ CQO LEA"
                            + " XLATB PUSH POP PUSHA PUSHAD POPA POPAD PUSHF PUSHFD PUSHFQ POPF POPFD POPFQ ENTER LEAVE ADD ADC"
                            + " SUB SBB CMP INC DEC NEG MUL IMUL DIV IDIV DAA DAS AAA AAS AAM AAD AND OR XOR NOT TEST SHL SHR SAR"
                            + " ROL ROR RCL RCR SHLD SHRD BT BTS BTR BTC BSF BSR SETZ MOVSB MOVSQ CMPSB CMPSQ STOSB STOSQ LODSB"
                            + " LODSQ SCASB SCASQ INSB INSW INSD OUTSB OUTSW OUTSD CALL JMP RET RETF JZ JCXZ JECXZ JRCXZ LOOP"
                            + " LOOPE LOOPNE INT INT3 INT1 INTO BOUND IRET IRETD IRETQ IN OUT CLC STC CMC CLD STD CLI STI LAHF"
                            + " SAHF LDS LES LSS LFS LGS ARPL LAR LSL VERR VERW SGDT SIDT LGDT LIDT SLDT STR LLDT LTR SMSW LMSW"
                            + " CLTS CPUID RDTSC RDTSCP RDRAND RDSEED RDPMC RDMSR WRMSR INVLPG INVPCID INVD WBINVD RSM MONITOR"
                            + " MWAIT HLT SYSCALL SYSRET SYSENTER SYSEXIT SWAPGS NOP PAUSE UD0 UD1 UD2 WAIT FNINIT FNSTSW FNSTCW"
                            + " FLDCW FXSAVE FXSAVE64 FXRSTOR FXRSTOR64 XGETBV XSETBV XSAVE XSAVE64 XRSTOR XRSTOR64")
                    .split(" "));

    @Test
    void itHasWhatSmallGuestsInAllModesNeed() {
        Set<String> there = InstructionSet.forms().stream().map(Form::mnemonic).collect(Collectors.toSet());
        assertEquals(
                List.of(),
                NEEDED.stream().filter(mnemonic -> !there.contains(mnemonic)).toList());
    }

    @Test
    void noRowStandsTwiceAndEveryFormKnowsItsPlace() {
        var seen = new HashSet<String>();
        for (Row row : InstructionSet.rows()) {
            assertTrue(seen.add(row.encoding() + " " + row.syntax()), row::toString);
        }
        List<Form> forms = InstructionSet.forms();
        assertEquals(forms.size(), InstructionSet.behaviours().size());
        for (int i = 0; i < forms.size(); i++) {
            assertEquals(i, forms.get(i).ordinal());
        }
    }
}
