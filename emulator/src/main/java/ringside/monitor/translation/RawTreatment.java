package ringside.monitor.translation;

import ringside.cpu.SystemState;
import ringside.isa.Decoded;
import ringside.isa.Encoding;

/**
 * What raw mode does with an instruction of a kernel that runs at ring 1, after VirtualBox's code scanner and patch manager (CSAM.cpp,
 * csamAnalyseCallback; PATM.cpp, patmRecompileCallback and PATMR3InstallPatch).
 *
 * <p>Theirs leave MOV from SS, PUSH SS and far transfers as they are, and make RDTSC fault by CR4.TSD. Here these are performed by the
 * monitor: the guest would see its ring otherwise, or run from segments that are not flat.
 */
enum RawTreatment {
    /** It runs as it stands. Where it is privileged, it faults by itself. */
    RUNS,
    /** Code in patch memory works on the interrupt flag that the guest believes in. */
    REPLACED,
    /** INT3 in its place: the monitor performs it. */
    PERFORMED;

    private static final int TWO_BYTES = 1;

    static RawTreatment of(Decoded decoded) {
        Encoding encoding = decoded.form.encoding();
        return switch (encoding.map()) {
            case 0 -> oneByte(decoded, encoding);
            case TWO_BYTES -> twoBytes(encoding) ? PERFORMED : RUNS;
            default -> RUNS;
        };
    }

    private static RawTreatment oneByte(Decoded decoded, Encoding encoding) {
        boolean wide = decoded.operandSize == 32;
        return switch (encoding.opcode()) {
            case PatchCode.CLI, PatchCode.STI -> REPLACED;
            case PatchCode.PUSHF, PatchCode.POPF, PatchCode.PUSH_CS -> wide ? REPLACED : PERFORMED;
            // PUSH SS, POP SS, IRET, far CALL and JMP, RETF
            case 0x16, 0x17, 0xCF, 0x9A, 0xEA, 0xCA, 0xCB -> PERFORMED;
            // MOV from CS and SS
            case 0x8C -> decoded.reg == SystemState.CS || decoded.reg == SystemState.SS ? PERFORMED : RUNS;
            // MOV to SS
            case 0x8E -> decoded.reg == SystemState.SS ? PERFORMED : RUNS;
            // far CALL and JMP through memory
            case 0xFF -> encoding.modRm() == 3 || encoding.modRm() == 5 ? PERFORMED : RUNS;
            default -> RUNS;
        };
    }

    private static boolean twoBytes(Encoding encoding) {
        int modRm = encoding.modRm();
        return switch (encoding.opcode()) {
            // SLDT, STR, VERR, VERW
            case 0x00 -> modRm == 0 || modRm == 1 || modRm == 4 || modRm == 5;
            // SGDT, SIDT, SMSW, RDTSCP
            case 0x01 -> modRm == 0 || modRm == 1 || modRm == 4 || modRm == Encoding.FIXED + 0xF9;
            // LAR, LSL, RDTSC, CPUID, LSS
            case 0x02, 0x03, 0x31, 0xA2, 0xB2 -> true;
            default -> false;
        };
    }
}
