package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;

/** Events that VM entries inject, and lists of model-specific registers: SDM 3C, Event Injection; Loading MSRs; Saving MSRs. */
final class VmxInjectionCases {
    private static final long VALID = 1L << 31;
    private static final int CODED = 1 << 11;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxInjectionCases() {}

    static List<VmxCase> all() {
        var made = new VmxInjectionCases();
        made.types();
        made.modes();
        made.faults();
        made.states();
        made.registers();
        return made.cases;
    }

    private void types() {
        for (int type = 0; type < 7; type++) {
            for (int vector : new int[] {0, 1, 2, 3, 4, 6, 8, 10, 11, 13, 14, 17, 18, 20, 31, 32, 48, 255}) {
                for (int code : new int[] {0, CODED}) {
                    var draft = VmxDraft.paged(0)
                            .set(GUEST_RFLAGS, 0x202)
                            .set(GUEST_IDTR_LIMIT, 0x1FF)
                            .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                            .set(VMENTRY_EXCEPTION_ERR_CODE, 0x1234);
                    cases.add(draft.set(VMENTRY_INTERRUPTION_INFO, VALID | code | type << 8 | vector)
                            .code("nop", "nop")
                            .named("injection: type %d; vector %d, code %x", type, vector, code));
                }
            }
        }
        for (long length : new long[] {0, 1, 15, 16, 0x1_0000_0002L}) {
            for (int type = 3; type < 7; type++) {
                cases.add(VmxDraft.paged(0)
                        .set(VMENTRY_INSTRUCTION_LENGTH, length)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | type << 8 | 3)
                        .code("nop")
                        .named("injection: length; %x, type %d", length, type));
            }
        }
        for (long bits : new long[] {1 << 12, 1 << 13, 1 << 30}) {
            cases.add(VmxDraft.paged(0)
                    .set(VMENTRY_INTERRUPTION_INFO, VALID | bits | 0x306)
                    .code("nop")
                    .named("injection: reserved bits; %x", bits));
        }
        for (long code : new long[] {0x7FFF, 0x8000, 0xFFFF, 0x1_0000L, 0x8000_0000L}) {
            cases.add(VmxDraft.paged(0)
                    .set(VMENTRY_EXCEPTION_ERR_CODE, code)
                    .set(VMENTRY_INTERRUPTION_INFO, VALID | CODED | 0x30D)
                    .code("nop")
                    .named("injection: error code; %x", code));
        }
        cases.add(VmxDraft.paged(0)
                .set(VMENTRY_INTERRUPTION_INFO, 0x306)
                .code("nop")
                .named("injection: not valid"));
        cases.add(VmxDraft.paged(0)
                .set(VMENTRY_INTERRUPTION_INFO, VALID | 0x31)
                .code("nop")
                .named("injection: an interrupt where IF is 0"));
    }

    private void modes() {
        VmxInstructionCases.MODES.forEach((mode, draft) -> {
            for (long event : new long[] {0x31, 0x202, 0x306, 0xB0D, 0x30D, 0xB0E, 0x430, 0x431, 0x603, 0x604, 0x501}) {
                boolean virtual = mode.startsWith("virtual");
                cases.add(draft.get()
                        .set(GUEST_RFLAGS, virtual ? 0x2_0202 : 0x202)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_EXCEPTION_ERR_CODE, 0x18)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | event)
                        .code("nop", "nop", "nop")
                        .named(
                                "injection: %x%s; %s",
                                event, virtual && event >>> 4 == 0x43 ? " where IOPL is 0" : "", mode));
            }
        });
        for (long event : new long[] {0x430, 0x603}) {
            cases.add(VmxDraft.virtual8086(3)
                    .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                    .set(VMENTRY_INTERRUPTION_INFO, VALID | event)
                    .code("nop", "nop")
                    .named("injection: %x; virtual-8086, IOPL 3", event));
        }
    }

    /** An event whose delivery fails. */
    private void faults() {
        for (long event : new long[] {0x202, 0x306, 0xB0D, 0xB0E, 0xB08, 0x430, 0x603}) {
            for (int[] vectors : new int[][] {{}, {8, 11, 13, 14}}) {
                var draft = VmxDraft.paged(3)
                        .exceptions(vectors)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_EXCEPTION_ERR_CODE, 0)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | event);
                cases.add(draft.set(GUEST_IDTR_LIMIT, 8 * 2 - 1)
                        .code("nop")
                        .named("injection: beyond the table; %x, %d leave", event, vectors.length));
                draft = VmxDraft.paged(3)
                        .exceptions(vectors)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_EXCEPTION_ERR_CODE, 0)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | event);
                for (int vector : new int[] {2, 3, 6, 8, 13, 14, 0x30}) {
                    draft.octet(VmxArea.IDT + 8 * vector + 5, 0x6E);
                }
                cases.add(draft.code("nop").named("injection: absent gate; %x, %d leave", event, vectors.length));
                draft = VmxDraft.paged(3)
                        .exceptions(vectors)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_EXCEPTION_ERR_CODE, 0)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | event);
                cases.add(draft.patch(VmxArea.PAGE_TABLE + 4 * (VmxArea.STACK_0 >> 12), 0)
                        .code("nop")
                        .named("injection: no stack; %x, %d leave", event, vectors.length));
                draft = VmxDraft.paged(3)
                        .exceptions(vectors)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_EXCEPTION_ERR_CODE, 0)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | event);
                for (int vector : new int[] {2, 3, 6, 8, 13, 14, 0x30}) {
                    draft.patch(VmxArea.IDT + 8 * vector, Area.gate(VmxArea.OTHER_TASK, 0, 0xE5, 0));
                }
                cases.add(draft.code("nop").named("injection: task gate; %x, %d leave", event, vectors.length));
            }
        }
    }

    private void states() {
        for (int activity = 0; activity < 4; activity++) {
            for (long event : new long[] {0, 0x31, 0x202, 0x301, 0x306, 0x312, 0x430, 0x603}) {
                if (event == 0 && activity != 0) {
                    // It would wait for ever.
                    continue;
                }
                cases.add(VmxDraft.paged(0)
                        .set(GUEST_RFLAGS, 0x202)
                        .set(GUEST_ACTIVITY_STATE, activity)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_INTERRUPTION_INFO, event == 0 ? 0 : VALID | event)
                        .code("nop")
                        .named(
                                "injection: %s; %d, %x",
                                activity == 1 && (event == 0x306 || event > 0x400)
                                        ? "what HLT does not take"
                                        : "activity state",
                                activity,
                                event));
            }
        }
        for (int blocking = 0; blocking < 4; blocking++) {
            for (long event : new long[] {0x31, 0x202, 0x306, 0x430}) {
                cases.add(VmxDraft.paged(0)
                        .set(GUEST_RFLAGS, 0x202)
                        .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                        .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                        .set(VMENTRY_INTERRUPTION_INFO, VALID | event)
                        .code("nop")
                        .named("injection: blocking; %d, %x", blocking, event));
            }
        }
    }

    private static VmxDraft list(long... pairs) {
        var draft = VmxDraft.paged(0);
        for (int i = 0; i < pairs.length; i++) {
            draft.patch(VmxArea.MSR_LIST + 8 * i, Area.eight(pairs[i]));
        }
        return draft;
    }

    private void registers() {
        long[][] lists = {
            {0x174, 0x1234},
            {0x175, 0x1234_5678L},
            {0xC000_0100L, 0x1000},
            {0xC000_0101L, 0x1000},
            {0xC000_0102L, 0x1000},
            {0x174, 1, 0x175, 2, 0xC000_0100L, 3},
            {0x800, 0},
            {0x8FF, 0},
            {0x9B, 0},
            {1L << 32 | 0x174, 0},
            {0xC000_0080L, 0x500},
            {0xC000_0080L, 2},
            {0xC000_0082L, 1L << 63},
            {0x176, 1L << 63},
            {0x277, 2},
            {0x277, 0x0007_0406_0007_0406L},
            {0xC000_0103L, 7}
        };
        for (long[] pairs : lists) {
            String text = Long.toHexString(pairs[0]) + " " + Long.toHexString(pairs[1]);
            cases.add(list(pairs)
                    .set(VMENTRY_MSR_LOAD_ADDR, VmxArea.MSR_LIST)
                    .set(VMENTRY_MSR_LOAD_COUNT, pairs.length / 2)
                    .code("nop")
                    .named("MSR list: loaded at entry%s; %s", pairs[0] == 0x9B ? ", SMM's" : "", text));
            if (pairs[0] >>> 8 != 8 && pairs[0] != 0x9B && pairs[0] >>> 32 == 0) {
                cases.add(list(pairs)
                        .set(VMEXIT_MSR_STORE_ADDR, VmxArea.MSR_LIST)
                        .set(VMEXIT_MSR_STORE_COUNT, pairs.length / 2)
                        .code("nop")
                        .named("MSR list: stored at exit; %s", text));
            }
        }
        cases.add(list(0xC000_0102L, 0x1234)
                .set(VMENTRY_MSR_LOAD_ADDR, VmxArea.MSR_LIST)
                .set(VMENTRY_MSR_LOAD_COUNT, 1)
                .set(VMEXIT_MSR_STORE_ADDR, VmxArea.MSR_LIST + 0x100)
                .set(VMEXIT_MSR_STORE_COUNT, 1)
                .patch(VmxArea.MSR_LIST + 0x100, 0xC000_0102L)
                .set(VMEXIT_MSR_LOAD_ADDR, VmxArea.MSR_LIST + 0x200)
                .set(VMEXIT_MSR_LOAD_COUNT, 1)
                .patch(VmxArea.MSR_LIST + 0x200, 0xC000_0102L)
                .patch(VmxArea.MSR_LIST + 0x208, 0)
                .code("nop")
                .named("MSR list: all three"));
        for (var field : List.of(VMENTRY_MSR_LOAD_ADDR, VMEXIT_MSR_LOAD_ADDR, VMEXIT_MSR_STORE_ADDR)) {
            var count = field == VMENTRY_MSR_LOAD_ADDR
                    ? VMENTRY_MSR_LOAD_COUNT
                    : field == VMEXIT_MSR_LOAD_ADDR ? VMEXIT_MSR_LOAD_COUNT : VMEXIT_MSR_STORE_COUNT;
            for (long address : new long[] {8, 1, 1L << 40, 1L << 52}) {
                cases.add(VmxDraft.paged(0)
                        .set(field, address)
                        .set(count, 1)
                        .code("nop")
                        .named("MSR list: address; %s, %x", field, address));
                cases.add(VmxDraft.paged(0)
                        .set(field, address)
                        .set(count, 0)
                        .code("nop")
                        .named("MSR list: address; %s, %x, count 0", field, address));
            }
        }
        for (int controls : new int[] {0, 1 << 18, 1 << 20}) {
            cases.add(
                    VmxDraft.longMode(0).exit(controls).code("nop").named("MSR: saved at exit; controls %x", controls));
        }
        cases.add(VmxDraft.longMode(0)
                .set(VMENTRY_CONTROLS, VmxDraft.ENTRY | 1 << 9 | 1 << 15)
                .set(GUEST_IA32_EFER, 0xD01)
                .exit(1 << 20)
                .code("mov ecx, 0xC0000080", "nop")
                .named("MSR: EFER loaded and saved"));
        cases.add(VmxDraft.paged(0)
                .entry(1 << 14)
                .set(GUEST_IA32_PAT, 0x0606_0606_0606_0606L)
                .exit(3 << 18)
                .set(HOST_IA32_PAT, 0x0007_0406_0007_0406L)
                .code("nop")
                .named("MSR: PAT loaded and saved"));
    }
}
