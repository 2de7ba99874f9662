package ringside.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What parts of a machine hold, as a lab tells it. */
class InspectionsTest {
    /**
     * A 32-bit kernel with tables of its own: a GDT with code, data and a TSS at 0x2000, an IDT at 0x2100 whose vector 0x21 is an
     * interrupt gate, and an I/O bitmap that opens port 0x61 alone.
     */
    private static final String TABLES = """
            bits 32
            org 0x1000
            start:  lgdt [gdtr]
                    lidt [idtr]
                    mov ax, 0x18
                    ltr ax
                    mov eax, cr0
                    or eax, 0x10000
                    mov cr0, eax
            here:   jmp here
            gdtr:   dw 0x1f
                    dd gdt
            idtr:   dw 0x10f
                    dd idt
            align 16
            gdt:    dq 0
                    dq 0x00cf9a000000ffff
                    dq 0x00cf92000000ffff
                    dw 0x75, tss, 0x8900, 0
            idt:    times 0x21 dq 0
                    dw 0x5678, 8, 0x8e00, 0x1234
            align 16
            tss:    dd 0, 0x9000, 0x10
                    times 22 dd 0
                    dw 0, 0x68
                    times 12 db 0xff
                    db 0xfd
                    db 0xff
            """;

    private static Inspected at(String source, String mode, String view, long time) {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var session = sessions.open(new Recipe(
                    new GuestChoice.Source(source),
                    List.of(mode),
                    MachineChoice.DEFAULT,
                    Typing.NONE,
                    time,
                    OpenViews.of(List.of(view))));
            return (Inspected)
                    Objects.requireNonNull(session.view().modes().get(0).more().get(view));
        }
    }

    private static Inspected.Item item(Inspected shown, String name) {
        return shown.sections().stream()
                .flatMap(section -> section.items().stream())
                .filter(item -> item.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no " + name + " in " + shown));
    }

    private static List<String> words(Inspected.Reading reading) {
        return reading.words().stream()
                .map(word -> word.key().substring(5)
                        + (word.arguments().isEmpty() ? "" : word.arguments().toString()))
                .toList();
    }

    private static String bit(Inspected.Reading reading, String name) {
        return reading.bits().stream()
                .filter(bit -> bit.name().equals(name))
                .map(bit -> bit.old().map(old -> old + "->").orElse("") + bit.value())
                .findFirst()
                .orElseThrow();
    }

    /** SDM 3A, Segment Descriptors: 00CF9A000000FFFFH is flat 4 GiB code, readable, DPL 0, D and G set. */
    @Test
    void descriptorsAreDecodedEntryByEntry() {
        var shown = at(TABLES, "bare", "descriptors", 4);
        assertThat(words(item(shown, "0x8").believed().orElseThrow()))
                .containsExactly(
                        "base[0x0]", "limit[0xffffffff]", "segment.code-readable", "dpl[0]", "size-32", "granularity");
        assertThat(words(item(shown, "0x10").believed().orElseThrow()))
                .contains("segment.data-writable", "limit[0xffffffff]");
        assertThat(words(item(shown, "0x18").believed().orElseThrow())).contains("system.tss-32-busy", "limit[0x75]");
        assertThat(shown.sections()).hasSize(1);
        assertThat(shown.sections().get(0).items()).hasSize(4);
    }

    @Test
    void whatChangedAtTheLastBoundaryHasItsOldValue() {
        var tr = item(at(TABLES, "bare", "descriptors", 4), "0x18").believed().orElseThrow();
        // LTR makes type 9 into 11: SDM 3A, TSS Descriptor.
        assertThat(tr.value().old().orElseThrow()).contains("89");
        assertThat(tr.value().now()).contains("8b");
        var cr0 = item(at(TABLES, "bare", "control", 7), "CR0").believed().orElseThrow();
        assertThat(bit(cr0, "WP")).isEqualTo("0->1");
        assertThat(bit(cr0, "PE")).isEqualTo("1");
        assertThat(bit(cr0, "PG")).isEqualTo("0");
    }

    /** SDM 3A, IDT Descriptors: offset 31:16 stands in the last word, type EH is a 32-bit interrupt gate. */
    @Test
    void gatesSayWhereTheyLead() {
        var shown = at(TABLES, "bare", "idt", 4);
        assertThat(words(item(shown, "33").believed().orElseThrow()))
                .containsExactly("system.interrupt-gate-32", "gate.to[0x8, 0x12345678]", "dpl[0]");
        assertThat(shown.sections().get(0).items()).hasSize(2);
    }

    @Test
    void realModeHasFarPointers() {
        var source = """
                bits 16
                org 0x1000
                        mov word [0x84], 0x1234
                        mov word [0x86], 0xf000
                here:   jmp here
                """;
        var vector = item(at(source, "bare", "idt", 2), "33").believed().orElseThrow();
        assertThat(vector.value()).isEqualTo(new Views.Value("f000:1234", Optional.of("0000:1234")));
    }

    /** SDM 1, I/O Permission Bit Map: bit 1 of byte 12 is port 61H, and a clear bit opens it. */
    @Test
    void theTaskSegmentSaysItsStacksAndOpenPorts() {
        var shown = at(TABLES, "bare", "tss", 4);
        assertThat(item(shown, "ESP0").believed().orElseThrow().value().now()).isEqualTo("0x9000");
        assertThat(item(shown, "SS0").believed().orElseThrow().value().now()).isEqualTo("0x10");
        assertThat(shown.sections().get(1).items().stream().map(Inspected.Item::name))
                .containsExactly("0x61");
        assertThat(at(TABLES, "bare", "tss", 2).sections()).isEmpty();
    }

    @Test
    void theHiddenPartsOfADeprivilegedGuestAreNotWhatItBelieves() {
        var shown = at(TABLES, "trap-and-emulate", "segments", 0);
        assertThat(shown.pair()).isTrue();
        var cs = item(shown, "CS");
        assertThat(cs.differs()).isTrue();
        assertThat(words(cs.believed().orElseThrow())).contains("rpl[0]", "dpl[0]");
        assertThat(words(cs.real().orElseThrow())).contains("rpl[1]", "dpl[1]");
        assertThat(at(TABLES, "bare", "segments", 0).pair()).isFalse();
    }

    /** SDM 3D, Field Encoding in VMCS: the exit reason is 4402H; CPUID is basic exit reason 10 and leaves always. */
    @Test
    void theControlStructureSaysWhyTheGuestWasLeft() {
        var source = """
                bits 32
                org 0x1000
                        mov eax, 1
                        cpuid
                here:   jmp here
                """;
        var vmcs = at(source, "vt-x", "vmcs", 2);
        var reason = item(vmcs, "Exit reason");
        assertThat(reason.place()).isEqualTo("4402H");
        assertThat(reason.believed().orElseThrow().value().now()).isEqualTo("0xa");
        assertThat(words(reason.believed().orElseThrow())).containsExactly("named[CPUID]");
        // CPUID is two bytes long: 0FH A2H.
        assertThat(item(vmcs, "VM-exit instruction length")
                        .believed()
                        .orElseThrow()
                        .value()
                        .now())
                .isEqualTo("0x2");
        assertThat(item(vmcs, "Guest CS access rights").place()).isEqualTo("4816H");
        assertThat(words(item(vmcs, "Guest CS access rights").believed().orElseThrow()))
                .contains("segment.code-readable", "dpl[0]", "size-32");
        assertThat(vmcs.sections()).hasSize(7);
        assertThat(vmcs.sections().get(0).items().stream().map(Inspected.Item::name))
                .containsExactly("Guest RIP", "Exit reason", "VM-exit instruction length");
        var vmcb = at(source, "amd-v", "vmcb", 2);
        // APM 2, SVM Intercept Exit Codes: VMEXIT_CPUID is 72H, and its intercept is bit 18 of the word at 00CH.
        assertThat(words(item(vmcb, "EXITCODE").believed().orElseThrow())).containsExactly("named[CPUID]");
        assertThat(item(vmcb, "EXITCODE").place()).isEqualTo("070H");
        assertThat(item(vmcb, "INTERCEPTS_60").believed().orElseThrow().bits().stream()
                        .filter(bit -> bit.name().equals("CPUID")))
                .containsExactly(new Inspected.Bit("CPUID", "", "18", "1", Optional.empty(), false));
        assertThat(at(source, "bare", "vmcs", 2).offered()).isFalse();
        assertThat(at(source, "vt-x", "vmcb", 2).offered()).isFalse();
    }

    @Test
    void aGuestThatIsAHypervisorHasAControlStructureOfItsOwn() {
        for (String guest : List.of("tiny-vmm vmcs", "tiny-svm vmcb")) {
            String view = guest.split(" ")[1];
            try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
                var session = sessions.open(new Recipe(
                        new GuestChoice.Sample(guest.split(" ")[0]),
                        List.of("bare"),
                        MachineChoice.DEFAULT,
                        Typing.NONE,
                        0,
                        OpenViews.of(List.of(view))));
                var before = (Inspected) Objects.requireNonNull(
                        session.view().modes().get(0).more().get(view));
                assertThat(before.offered()).as(guest).isFalse();
                session.perform(new Command.Run());
                var after = (Inspected) Objects.requireNonNull(
                        session.view().modes().get(0).more().get(view));
                assertThat(after.offered()).as(guest).isTrue();
            }
        }
    }

    /** Data sheets: ICW2 sets the vectors of an 8259A, OCW1 its mask; mode 2 and the count of an 8254. */
    @Test
    void chipsTellTheirRegistersInWords() {
        var source = """
                bits 32
                org 0x1000
                        mov al, 0x11
                        out 0x20, al
                        mov al, 0x20
                        out 0x21, al
                        mov al, 4
                        out 0x21, al
                        mov al, 1
                        out 0x21, al
                        mov al, 0xfe
                        out 0x21, al
                        mov al, 0x34
                        out 0x43, al
                        mov al, 0xe8
                        out 0x40, al
                        mov al, 3
                        out 0x40, al
                        mov dx, 0x3f9
                        mov al, 1
                        out dx, al
                here:   jmp here
                """;
        for (String mode : List.of("bare", "kvm", "xen-hvm")) {
            var shown = at(source, mode, "devices", 24);
            assertThat(words(item(shown, "ICW2").believed().orElseThrow()))
                    .as(mode)
                    .containsExactly("pic.base[0x20]");
            assertThat(bit(item(shown, "IMR").believed().orElseThrow(), "IR0")).isEqualTo("0");
            assertThat(bit(item(shown, "IMR").believed().orElseThrow(), "IR1")).isEqualTo("1");
            var counter = item(shown, "Counter 0").believed().orElseThrow();
            assertThat(counter.value().now()).isEqualTo("0x3e8");
            assertThat(words(counter)).contains("pit.mode[2]");
            assertThat(bit(item(shown, "IER").believed().orElseThrow(), "ERBFI"))
                    .isEqualTo("1");
        }
    }

    @Test
    void callsOfTheKvmUserSpaceStandInTheirOrder() {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var session = sessions.open(new Recipe(
                    new GuestChoice.Sample("two-plus-two"),
                    List.of("kvm"),
                    MachineChoice.DEFAULT,
                    Typing.NONE,
                    9,
                    OpenViews.of(List.of("ioctl"))));
            var calls = ((Inspected) Objects.requireNonNull(
                            session.view().modes().get(0).more().get("ioctl")))
                    .sections()
                    .get(0)
                    .items();
            var names = calls.stream()
                    .map(call -> call.believed().orElseThrow().value().now())
                    .toList();
            assertThat(names.get(names.size() - 1)).isEqualTo("KVM_GET_API_VERSION");
            assertThat(names).contains("KVM_CREATE_VM", "KVM_CREATE_VCPU", "KVM_SET_USER_MEMORY_REGION");
            // IO, IO and HLT.
            assertThat(names.stream().filter("KVM_RUN"::equals)).hasSizeGreaterThanOrEqualTo(3);
            assertThat(calls.get(calls.size() - 1).name()).isEqualTo("1");
            assertThat(calls.get(calls.size() - 1).place()).isEqualTo("0xae00");
        }
    }

    private static Inspected atEnd(String guest, String mode, String view) {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var session = sessions.open(new Recipe(
                    new GuestChoice.Sample(guest),
                    List.of(mode),
                    MachineChoice.DEFAULT,
                    Typing.NONE,
                    0,
                    OpenViews.of(List.of(view))));
            session.perform(new Command.Run());
            return (Inspected)
                    Objects.requireNonNull(session.view().modes().get(0).more().get(view));
        }
    }

    /** Xen's public header xen.h: a PV guest's page tables are never writable for it; its L4, or PAE's L3, is pinned by the builder. */
    @Test
    void xenTellsWhatItKeepsOfADomain() {
        var shown = atEnd("paging", "xen-pv", "xen");
        var frames = shown.sections().get(5).items();
        assertThat(frames)
                .anySatisfy(frame ->
                        assertThat(words(frame.believed().orElseThrow())).contains("xen.pinned", "xen.validated"));
        assertThat(frames)
                .allSatisfy(frame ->
                        assertThat(frame.believed().orElseThrow().value().now()).matches("L[1-4](_TOP)?|SEGMENTS"));
        assertThat(item(shown, "evtchn_upcall_mask")).isNotNull();
        assertThat(words(item(shown, "console out").believed().orElseThrow()).toString())
                .contains("xen.producer", "xen.consumer");
    }

    /** split-driver: the guest's disk and console are domain 0's, over event channels and granted pages. */
    @Test
    void twoDomainsAreBoundToEachOther() {
        var shown = atEnd("split-driver", "xen-pv", "xen");
        assertThat(shown.sections().get(1).items().stream()
                        .filter(item ->
                                item.believed().orElseThrow().value().now().equals("INTERDOMAIN"))
                        .map(item -> item.name().substring(0, 4)))
                .contains("dom0", "domU");
        assertThat(shown.sections().get(2).items())
                .anySatisfy(grant -> assertThat(
                                words(grant.believed().orElseThrow()).toString())
                        .contains("xen.permits[0"));
    }

    @Test
    void aDomainOnHardwareHasBothXensAndTheProcessorsStructures() {
        assertThat(atEnd("two-plus-two", "xen-hvm", "xen").sections().get(0).items())
                .hasSize(4);
        assertThat(atEnd("two-plus-two", "xen-hvm", "vmcs").offered()).isTrue();
        assertThat(atEnd("two-plus-two", "kvm", "xen").offered()).isFalse();
    }

    /** The host has an init with number 1, so the program is 2. */
    @Test
    void theOneKernelTellsItsProcessesAndTheirNamespaces() {
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var session = sessions.open(new Recipe(
                    new GuestChoice.Sample("containers"),
                    List.of("container"),
                    MachineChoice.DEFAULT,
                    Typing.NONE,
                    0,
                    OpenViews.of(List.of("container"))));
            var start = (Inspected)
                    Objects.requireNonNull(session.view().modes().get(0).more().get("container"));
            var first = item(start, "pid 2").believed().orElseThrow();
            assertThat(first.value().now()).isEqualTo("RUNNING");
            assertThat(words(first)).contains("container.as-inside[2]", "container.spaces[1, 1, 1, 1]");
            assertThat(words(item(start, "uts:[1]").believed().orElseThrow()))
                    .containsExactly("container.host-name[ringside]");
            assertThat(words(item(start, "/").believed().orElseThrow()))
                    .contains("container.tasks[1]", "container.weight[100]");
            session.perform(new Command.Seek(4000));
            var later = (Inspected)
                    Objects.requireNonNull(session.view().modes().get(0).more().get("container"));
            // Its program has called clone with namespaces of their own: pid_namespaces(7), the first process there is
            // 1.
            assertThat(words(item(later, "pid 3").believed().orElseThrow()))
                    .contains("container.as-inside[1]", "container.spaces[2, 2, 2, 2]");
        }
    }

    /** A frame begins with PUSH EBP, MOV EBP, ESP: the caller's EBP lies there, and the return address above. */
    @Test
    void theStackSaysWhichEntriesAreFramesAndMemoryFollowsARegister() {
        var source = """
                bits 32
                org 0x1000
                        mov esp, 0x8000
                        mov ebp, 0
                        call outer
                outer:  push ebp
                        mov ebp, esp
                        push 7
                here:   jmp here
                """;
        try (var sessions = new Sessions(Sessions.Limits.DEFAULT)) {
            var session = sessions.open(new Recipe(new GuestChoice.Source(source), List.of("bare"), 5));
            session.perform(new Command.Look("esp"));
            var before = session.view().modes().get(0);
            assertThat(before.memory().rows().get(0).address()).isEqualTo("7ff8");
            session.perform(new Command.Step());
            var mode = session.view().modes().get(0);
            assertThat(mode.memory().rows().get(0).address()).isEqualTo("7ff4");
            assertThat(mode.memory().rows().get(0).bytes().get(0).value()).isEqualTo("07");
            var stack = mode.stack().entries();
            assertThat(stack.get(0).role()).isEmpty();
            assertThat(stack.get(1).role()).contains(Sentence.of("stack.frame"));
            assertThat(stack.get(2).role()).contains(Sentence.of("stack.return"));
            assertThat(stack.get(2).value().now()).isEqualTo("0x100f");
        }
    }
}
