package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;
import ringside.reference.system.VmxDraft.Way;

/** External interrupts, their window, what blocks them, and the preemption timer: SDM 3C, Other Causes of VM Exits. */
final class VmxInterruptCases {
    private static final String SEND_INTERRUPT = "mov dword [0xFEE00300], 0x40031";

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxInterruptCases() {}

    static List<VmxCase> all() {
        var made = new VmxInterruptCases();
        made.external();
        made.blocking();
        made.timers();
        return made.cases;
    }

    private void external() {
        int exiting = 1;
        int acknowledge = 1 << 15;
        for (int flags : new int[] {2, 0x202}) {
            for (int blocking : new int[] {0, 1, 2}) {
                if (blocking == 1 && flags == 2) {
                    continue;
                }
                for (int controls = 0; controls < 3; controls++) {
                    cases.add(VmxDraft.paged(0)
                            .pin(controls > 0 ? exiting : 0)
                            .exit(controls > 1 ? acknowledge : 0)
                            .set(GUEST_RFLAGS, flags)
                            .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                            .code("nop", "nop")
                            .enter(Way.WAITING)
                            .named(
                                    "interrupt: one waits%s; controls %d, flags %x, blocking %d",
                                    flags == 2 ? ", IF 0" : "", controls, flags, blocking));
                    cases.add(VmxDraft.paged(0)
                            .pin(controls > 0 ? exiting : 0)
                            .exit(controls > 1 ? acknowledge : 0)
                            .primary(1 << 2)
                            .set(GUEST_RFLAGS, flags)
                            .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                            .code("nop", "nop")
                            .enter(Way.WAITING)
                            .named(
                                    "interrupt: one waits%s; window, controls %d, flags %x, blocking %d",
                                    flags == 2 ? ", IF 0" : "", controls, flags, blocking));
                }
                cases.add(VmxDraft.paged(0)
                        .primary(1 << 2)
                        .set(GUEST_RFLAGS, flags)
                        .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                        .code("nop", "nop", "nop")
                        .named("interrupt: window; flags %x, blocking %d", flags, blocking));
            }
        }
        for (int controls = 0; controls < 3; controls++) {
            cases.add(VmxDraft.paged(0)
                    .pin(controls > 0 ? exiting : 0)
                    .exit(controls > 1 ? acknowledge : 0)
                    .code("sti", "nop", "nop")
                    .enter(Way.WAITING)
                    .named("interrupt: one waits for STI; controls %d", controls));
            cases.add(VmxDraft.paged(0)
                    .pin(controls > 0 ? exiting : 0)
                    .exit(controls > 1 ? acknowledge : 0)
                    .set(GUEST_RFLAGS, 0x202)
                    .code(SEND_INTERRUPT, "nop", "nop")
                    .named("interrupt: one arrives; controls %d", controls));
            cases.add(VmxDraft.paged(0)
                    .pin(controls > 0 ? exiting : 0)
                    .exit(controls > 1 ? acknowledge : 0)
                    .set(GUEST_RFLAGS, 0x202)
                    .set(GUEST_ACTIVITY_STATE, 1)
                    .code("nop")
                    .enter(Way.WAITING)
                    .named("interrupt: one waits in HLT; controls %d", controls));
            cases.add(VmxDraft.longMode(3)
                    .pin(controls > 0 ? exiting : 0)
                    .exit(controls > 1 ? acknowledge : 0)
                    .set(GUEST_RFLAGS, 0x202)
                    .code("nop")
                    .enter(Way.WAITING)
                    .named("interrupt: one waits; controls %d, 64 bits, ring 3", controls));
        }
        cases.add(VmxDraft.paged(0).primary(1 << 2).code("sti", "nop", "nop").named("interrupt: window opened by STI"));
        cases.add(VmxDraft.paged(0)
                .primary(1 << 2)
                .code("push 0x202", "popfd", "nop", "nop")
                .named("interrupt: window opened by POPF"));
        cases.add(VmxDraft.paged(0)
                .primary(1 << 2)
                .set(GUEST_RFLAGS, 0x202)
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0031L)
                .code("nop")
                .named("interrupt: window behind an injected interrupt"));
        cases.add(VmxDraft.paged(0)
                .primary(1 << 2)
                .set(GUEST_RFLAGS, 0x202)
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0430L)
                .set(VMENTRY_INSTRUCTION_LENGTH, 2)
                .patch(VmxArea.IDT + 8 * 0x30, Area.gate(VmxArea.KERNEL_CODE, VmxArea.HANDLERS + 4 * 0x30, 0xEF, 0))
                .code("nop")
                .named("interrupt: window behind an injected INT n by a trap gate"));
    }

    /** What an exit says of blocking. */
    private void blocking() {
        for (String line : new String[] {"cpuid", "hlt", "vmcall", "ud2", "nop\ncpuid", "mov eax, [0x500000]"}) {
            String name =
                    (line.startsWith("ud2") || line.startsWith("mov") ? "at an exception; " : "at an instruction; ")
                            + line.replace('\n', ' ');
            cases.add(VmxDraft.paged(0).exceptions(6, 14).code("sti", line).named("blocking: %s, behind STI", name));
            cases.add(VmxDraft.paged(0)
                    .exceptions(6, 14)
                    .set(GUEST_RFLAGS, 0x202)
                    .code("sti", line)
                    .named("blocking: %s, behind STI with IF", name));
            cases.add(VmxDraft.paged(0)
                    .exceptions(6, 14)
                    .set("rax", VmxArea.KERNEL_DATA)
                    .code("mov ss, eax", line)
                    .named("blocking: %s, behind MOV SS", name));
            cases.add(VmxDraft.paged(0)
                    .exceptions(6, 14)
                    .code("push ss", "pop ss", line)
                    .named("blocking: %s, behind POP SS", name));
            cases.add(VmxDraft.paged(0)
                    .exceptions(6, 14)
                    .set(GUEST_RFLAGS, 0x202)
                    .set(GUEST_INTERRUPTIBILITY_STATE, 1)
                    .code(line)
                    .named("blocking: %s, by STI at entry", name));
            cases.add(VmxDraft.paged(0)
                    .exceptions(6, 14)
                    .set(GUEST_INTERRUPTIBILITY_STATE, 2)
                    .code(line)
                    .named("blocking: %s, by MOV SS at entry", name));
        }
    }

    private void timers() {
        int timer = 1 << 6;
        for (int value : new int[] {0, 1, 5}) {
            cases.add(VmxDraft.paged(0)
                    .pin(timer)
                    .set(GUEST_PREEMPTION_TIMER_VALUE, value)
                    .code("here: jmp here")
                    .named("preemption timer: runs out; %d", value));
            cases.add(VmxDraft.paged(0)
                    .pin(timer)
                    .set(GUEST_PREEMPTION_TIMER_VALUE, value)
                    .set(GUEST_ACTIVITY_STATE, 1)
                    .code("nop")
                    .named("preemption timer: runs out in HLT; %d", value));
            cases.add(VmxDraft.paged(0)
                    .pin(timer)
                    .exit(1 << 22)
                    .set(GUEST_PREEMPTION_TIMER_VALUE, value)
                    .code("here: jmp here")
                    .root("mov edx, 0x482E", "vmread rax, rdx")
                    .named("preemption timer: saved; %d", value));
        }
        cases.add(VmxDraft.paged(0)
                .pin(timer)
                .set(GUEST_PREEMPTION_TIMER_VALUE, 0)
                .set(GUEST_RFLAGS, 0x202)
                .set(GUEST_INTERRUPTIBILITY_STATE, 1)
                .code("nop", "nop")
                .named("preemption timer: 0 behind STI"));
        cases.add(VmxDraft.paged(0)
                .pin(timer)
                .set(GUEST_PREEMPTION_TIMER_VALUE, 0)
                .set(GUEST_INTERRUPTIBILITY_STATE, 2)
                .code("nop", "nop")
                .named("preemption timer: 0 behind MOV SS"));
        cases.add(VmxDraft.paged(0)
                .pin(timer)
                .set(GUEST_PREEMPTION_TIMER_VALUE, 0)
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0306L)
                .code("nop")
                .named("preemption timer: 0 with an injected #UD"));
        cases.add(VmxDraft.paged(0)
                .pin(timer)
                .set(GUEST_PREEMPTION_TIMER_VALUE, 100000)
                .code("cpuid")
                .named("preemption timer: does not run out"));
        cases.add(VmxDraft.paged(0)
                .pin(timer | 1 << 3 | 1 << 5)
                .primary(1 << 22 | 1 << 2)
                .set(GUEST_RFLAGS, 0x202)
                .set(GUEST_PREEMPTION_TIMER_VALUE, 0)
                .code("nop")
                .named("preemption timer: 0, before both windows"));
    }
}
