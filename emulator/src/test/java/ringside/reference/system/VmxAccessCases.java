package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Accesses to control and debug registers: SDM 3C, Instructions That Cause VM Exits Conditionally. */
final class VmxAccessCases {
    private final List<VmxCase> cases = new ArrayList<>();

    private VmxAccessCases() {}

    static List<VmxCase> all() {
        var made = new VmxAccessCases();
        made.maskedRegisters();
        made.cr3();
        made.cr8();
        made.machineStatus();
        made.debugRegisters();
        return made.cases;
    }

    private static Supplier<VmxDraft> mode(boolean wide, int ring) {
        return () -> wide ? VmxDraft.longMode(ring) : VmxDraft.paged(ring);
    }

    /** A bit of the mask belongs to the host: writes of another value than the shadow's leave, reads give the shadow's. */
    private void maskedRegisters() {
        long[][] masks = {
            {0, 0}, {-1, 0}, {-1, 0x8000_0031L}, {8, 8}, {8, 0}, {0x2_0000, 0x2_0000}, {0x8000_0001L, 0x8000_0001L}
        };
        for (boolean wide : new boolean[] {false, true}) {
            String name = wide ? "rbx" : "ebx";
            for (long[] mask : masks) {
                for (long change : new long[] {0, 8, 0x2_0000}) {
                    cases.add(mode(wide, 0)
                            .get()
                            .set(CR0_GUEST_HOST_MASK, mask[0])
                            .set(CR0_READ_SHADOW, mask[1])
                            .code(
                                    "mov " + name + ", cr0",
                                    "xor ebx, " + change,
                                    "mov cr0, " + name,
                                    "mov " + (wide ? "rcx" : "ecx") + ", cr0",
                                    "smsw edx")
                            .named(
                                    "CR0: MOV from and to; mask %x, shadow %x, change %x, %s",
                                    mask[0], mask[1], change, wide));
                }
                cases.add(mode(wide, 0)
                        .get()
                        .set(CR4_GUEST_HOST_MASK, mask[0] & 0xFFFF | 0x2000)
                        .set(CR4_READ_SHADOW, mask[1] & 0xFFFF)
                        .code(
                                "mov " + name + ", cr4",
                                "or ebx, 4",
                                "mov cr4, " + name,
                                "mov " + (wide ? "rcx" : "ecx") + ", cr4")
                        .named("CR4: MOV from and to; mask %x, shadow %x, %s", mask[0], mask[1], wide));
            }
            cases.add(mode(wide, 3)
                    .get()
                    .set(CR0_GUEST_HOST_MASK, -1)
                    .code("mov cr0, " + name)
                    .named("CR0: MOV to in ring 3; %s", wide));
        }
        cases.add(VmxDraft.longMode(0)
                .set(CR4_GUEST_HOST_MASK, -1)
                .code("mov cr4, r11")
                .named("CR4: MOV to, from R11"));
        cases.add(VmxDraft.paged(0)
                .set(CR4_GUEST_HOST_MASK, 0)
                .code("xor eax, eax", "mov cr4, eax")
                .named("CR4: MOV to, VMXE cleared"));
        cases.add(VmxDraft.paged(0)
                .code("mov eax, cr0", "and eax, ~0x20", "mov cr0, eax")
                .named("CR0: MOV to, NE cleared"));
        cases.add(VmxDraft.paged(0)
                .code("mov eax, cr0", "and eax, 0x7fffffff", "mov cr0, eax")
                .named("CR0: MOV to, PG cleared"));
        cases.add(VmxDraft.paged(0)
                .nested()
                .code("mov eax, cr0", "and eax, 0x7fffffff", "mov cr0, eax")
                .named("CR0: MOV to, PG cleared; nested"));
        cases.add(VmxDraft.unpaged(0)
                .code("mov eax, cr0", "and eax, ~1", "mov cr0, eax")
                .named("CR0: MOV to, PE cleared; unrestricted"));
        cases.add(VmxDraft.unpaged(0)
                .code("mov eax, cr0", "and eax, ~0x20", "mov cr0, eax")
                .named("CR0: MOV to, NE cleared; unrestricted"));
    }

    private void cr3() {
        for (boolean wide : new boolean[] {false, true}) {
            String name = wide ? "rcx" : "ecx";
            long same = wide ? VmxArea.LEVEL_4 : VmxArea.PAGE_DIRECTORY;
            for (int control : new int[] {0, 1 << 15, 1 << 16}) {
                cases.add(mode(wide, 0)
                        .get()
                        .primary(control)
                        .code("mov " + name + ", cr3", "mov cr3, " + name)
                        .named("CR3: MOV from and to; control %x, %s", control, wide));
            }
            for (int count = 0; count <= 4; count++) {
                cases.add(mode(wide, 0)
                        .get()
                        .primary(1 << 15)
                        .set(CR3_TARGET_COUNT, count)
                        .set(CR3_TARGET0, 0x1000)
                        .set(CR3_TARGET1, 0x2000)
                        .set(CR3_TARGET2, same)
                        .set(CR3_TARGET3, same | 8)
                        .code("mov " + name + ", cr3", "mov cr3, " + name, "or ecx, 8", "mov cr3, " + name)
                        .named("CR3: targets; %d of them, %s", count, wide));
            }
            cases.add(mode(wide, 3)
                    .get()
                    .primary(3 << 15)
                    .code("mov " + name + ", cr3")
                    .named("CR3: MOV from in ring 3; %s", wide));
        }
        cases.add(VmxDraft.longMode(0).primary(1 << 15).code("mov cr3, r9").named("CR3: MOV to, from R9"));
        cases.add(VmxDraft.longMode(0).primary(1 << 16).code("mov r15, cr3").named("CR3: MOV from, to R15"));
    }

    private void cr8() {
        for (int control : new int[] {0, 1 << 19, 1 << 20}) {
            cases.add(VmxDraft.longMode(0)
                    .primary(control)
                    .set("rdx", 5)
                    .code("mov cr8, rdx", "mov rax, cr8")
                    .named("CR8: MOV to and from; control %x", control));
        }
        cases.add(VmxDraft.longMode(0)
                .primary(1 << 19)
                .set("rdx", 0x10)
                .code("mov cr8, rdx")
                .named("CR8: MOV to, reserved bits; control"));
        cases.add(VmxDraft.longMode(0)
                .set("rdx", 0x10)
                .code("mov cr8, rdx")
                .named("CR8: MOV to, reserved bits; no control"));
        cases.add(VmxDraft.longMode(3).primary(3 << 19).code("mov cr8, rdx").named("CR8: MOV to in ring 3"));
    }

    private void machineStatus() {
        long[][] masks = {{0, 0}, {-1, 0}, {8, 8}, {8, 0}, {1, 0}, {1, 1}, {0xE, 0xE}};
        for (long[] mask : masks) {
            cases.add(VmxDraft.paged(0)
                    .set(CR0_GUEST_HOST_MASK, mask[0])
                    .set(CR0_READ_SHADOW, mask[1])
                    .set(GUEST_CR0, 0x8000_0039L)
                    .code("clts", "smsw eax")
                    .named("CR0: CLTS; mask %x, shadow %x", mask[0], mask[1]));
            for (int value : new int[] {0, 1, 8, 9, 0xFFF1, 0x20}) {
                cases.add(VmxDraft.paged(0)
                        .set(CR0_GUEST_HOST_MASK, mask[0])
                        .set(CR0_READ_SHADOW, mask[1])
                        .set("rdx", value)
                        .code("lmsw dx", "smsw eax")
                        .named("CR0: LMSW of a register; mask %x, shadow %x, value %x", mask[0], mask[1], value));
            }
            cases.add(VmxDraft.paged(0)
                    .set(CR0_GUEST_HOST_MASK, mask[0])
                    .set(CR0_READ_SHADOW, mask[1])
                    .patch(VmxArea.DATA + 0x10, 0xABC9)
                    .set("rbx", VmxArea.DATA)
                    .code("lmsw [ebx + 0x10]", "smsw eax")
                    .named("CR0: LMSW of memory; mask %x, shadow %x", mask[0], mask[1]));
        }
        cases.add(VmxDraft.paged(3).set(CR0_GUEST_HOST_MASK, -1).code("clts").named("CR0: CLTS in ring 3"));
        cases.add(VmxDraft.paged(3).set(CR0_GUEST_HOST_MASK, -1).code("lmsw ax").named("CR0: LMSW in ring 3"));
    }

    private void debugRegisters() {
        for (boolean wide : new boolean[] {false, true}) {
            String name = wide ? "rsi" : "esi";
            for (int number : new int[] {0, 1, 2, 3, 4, 5, 6, 7}) {
                for (int control : new int[] {0, 1 << 23}) {
                    cases.add(mode(wide, 0)
                            .get()
                            .primary(control)
                            .set("rsi", 0x400)
                            .code("mov dr" + number + ", " + name, "mov " + name + ", dr" + number)
                            .named("DR%d: MOV to and from; control %x, %s", number, control, wide));
                    cases.add(mode(wide, 0)
                            .get()
                            .primary(control)
                            .code("mov " + name + ", dr" + number)
                            .named("DR%d: MOV from; control %x, %s", number, control, wide));
                }
            }
            cases.add(mode(wide, 3)
                    .get()
                    .primary(1 << 23)
                    .code("mov dr0, " + name)
                    .named("DR0: MOV to in ring 3; %s", wide));
            for (int control : new int[] {0, 1 << 23}) {
                cases.add(mode(wide, 0)
                        .get()
                        .primary(control)
                        .set(GUEST_DR7, 0x2400)
                        .code("mov " + name + ", dr0")
                        .named("DR0: MOV from with DR7.GD; control %x, %s", control, wide));
                cases.add(mode(wide, 0)
                        .get()
                        .primary(control)
                        .exceptions(1)
                        .set(GUEST_DR7, 0x2400)
                        .code("mov " + name + ", dr0")
                        .named("DR0: MOV from with DR7.GD, #DB leaves; control %x, %s", control, wide));
                if (!wide) {
                    cases.add(VmxDraft.paged(0)
                            .primary(control)
                            .set(GUEST_CR4, 0x2018)
                            .code("mov esi, dr4")
                            .named("DR4: MOV from with CR4.DE; control %x", control));
                }
            }
        }
        cases.add(VmxDraft.longMode(0).primary(1 << 23).code("mov r12, dr6").named("DR6: MOV from, to R12"));
        cases.add(VmxDraft.longMode(0)
                .set("rsi", 1L << 32)
                .code("mov dr7, rsi")
                .named("DR7: MOV to, 33 bits; no control"));
        cases.add(VmxDraft.longMode(0)
                .primary(1 << 23)
                .set("rsi", 1L << 32)
                .code("mov dr7, rsi")
                .named("DR7: MOV to, 33 bits; control"));
    }
}
