package ringside.reference.system;

import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.List;

/** Injected NMIs, what blocks NMIs, IRET, and their window: SDM 3C, Changes to Instruction Behavior in VMX Non-Root Operation, IRET. */
final class VmxNonMaskableCases {
    private static final int EXITING = 1 << 3;
    private static final int VIRTUAL = 1 << 5;
    private static final int WINDOW = 1 << 22;
    private static final long INJECTED = 0x8000_0202L;
    private static final int BLOCKED = 8;

    private final List<VmxCase> cases = new ArrayList<>();

    private VmxNonMaskableCases() {}

    static List<VmxCase> all() {
        var made = new VmxNonMaskableCases();
        // What Bochs blocks of virtual NMIs stays blocked for the guests that follow: windows come first.
        made.windows();
        for (int pin : new int[] {0, EXITING, EXITING | VIRTUAL}) {
            made.returns(pin);
        }
        return made.cases;
    }

    private static VmxDraft windowed() {
        return VmxDraft.paged(0).pin(EXITING | VIRTUAL).primary(WINDOW);
    }

    private void windows() {
        for (int blocking : new int[] {0, 1, 2}) {
            cases.add(windowed()
                    .set(GUEST_RFLAGS, 0x202)
                    .set(GUEST_INTERRUPTIBILITY_STATE, blocking)
                    .code("nop", "nop")
                    .named("NMI: window; blocking %d", blocking));
        }
        cases.add(windowed().set(GUEST_ACTIVITY_STATE, 1).code("nop").named("NMI: window in HLT"));
        cases.add(windowed()
                .set(VMENTRY_INTERRUPTION_INFO, 0x8000_0306L)
                .code("nop")
                .named("NMI: window behind an injected #UD"));
        cases.add(windowed().code("sti", "nop", "nop").named("NMI: window, not behind STI"));
        cases.add(windowed()
                .set(GUEST_INTERRUPTIBILITY_STATE, BLOCKED)
                .code("nop", "nop")
                .named("NMI: no window while blocked"));
        cases.add(windowed()
                .set(GUEST_INTERRUPTIBILITY_STATE, BLOCKED)
                .code("pushfd", "push cs", "push back", "iret", "back: nop", "nop")
                .named("NMI: window opened by IRET"));
        cases.add(windowed()
                .set(VMENTRY_INTERRUPTION_INFO, INJECTED)
                .code("nop")
                .named("NMI: no window behind an injected NMI"));
    }

    private void returns(int pin) {
        String name = (pin & VIRTUAL) != 0 ? "virtual" : pin == 0 ? "the guest's" : "exiting";
        cases.add(VmxDraft.paged(0)
                .pin(pin)
                .set(VMENTRY_INTERRUPTION_INFO, INJECTED)
                .code("nop")
                .named("NMI: injected; %s", name));
        cases.add(VmxDraft.longMode(3)
                .set(VMENTRY_CONTROLS, VmxDraft.ENTRY | 1 << 9)
                .pin(pin)
                .set(VMENTRY_INTERRUPTION_INFO, INJECTED)
                .code("nop")
                .named("NMI: injected; %s, 64 bits, ring 3", name));
        if (pin != (EXITING | VIRTUAL)) {
            cases.add(blocked(pin)
                    .set(VMENTRY_INTERRUPTION_INFO, INJECTED)
                    .code("nop")
                    .named("NMI: injected while blocked; %s", name));
        } else {
            cases.add(blocked(pin)
                    .set(VMENTRY_INTERRUPTION_INFO, INJECTED)
                    .code("nop")
                    .named("NMI: injected while virtual ones are blocked"));
        }
        cases.add(blocked(pin).code("cpuid").named("NMI: blocked; %s", name));
        cases.add(blocked(pin)
                .code("pushfd", "push cs", "push back", "iret", "back: cpuid")
                .named("NMI: IRET; %s", name));
        cases.add(VmxDraft.longMode(0)
                .pin(pin)
                .set(GUEST_INTERRUPTIBILITY_STATE, BLOCKED)
                .code(
                        "mov rax, rsp",
                        "push 0x10",
                        "push rax",
                        "push 2",
                        "push 0x30",
                        "push back",
                        "iretq",
                        "back: cpuid")
                .named("NMI: IRET; %s, 64 bits", name));
        if (pin != EXITING) {
            // SDM 3C, Information for VM Exits Due to Vectored Events: else bit 12 is undefined.
            cases.add(blocked(pin)
                    .exceptions(13)
                    .code("pushfd", "push 0x1000", "push 0", "iret")
                    .named("NMI: IRET that faults; %s", name));
            cases.add(VmxDraft.paged(0)
                    .pin(pin)
                    .exceptions(13)
                    .code("pushfd", "push 0x1000", "push 0", "iret")
                    .named("NMI: IRET that faults, nothing was blocked; %s", name));
            cases.add(blocked(pin)
                    .exceptions(14)
                    .code("mov esp, 0x500000", "iret")
                    .named("NMI: IRET without its frame; %s", name));
            cases.add(blocked(pin).exceptions(6).code("ud2").named("NMI: another fault; %s", name));
        }
        cases.add(blocked(pin)
                .code("pushfd", "push 0x1000", "push 0", "iret")
                .named("NMI: IRET whose fault is the guest's; %s", name));
    }

    private static VmxDraft blocked(int pin) {
        return VmxDraft.paged(0).pin(pin).set(GUEST_INTERRUPTIBILITY_STATE, BLOCKED);
    }
}
