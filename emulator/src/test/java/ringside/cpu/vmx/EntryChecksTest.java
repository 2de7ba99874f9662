package ringside.cpu.vmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.cpu.vmx.EntryFailure.Kind.CONTROLS;
import static ringside.cpu.vmx.EntryFailure.Kind.GUEST_STATE;
import static ringside.cpu.vmx.EntryFailure.Kind.HOST_STATE;
import static ringside.cpu.vmx.VmcsField.*;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.cpu.SystemState;
import ringside.cpu.vmx.EntryFailure.Kind;
import ringside.memory.PhysicalMemory;
import ringside.memory.Ram;

/** The conditions of SDM 3C, VM Entries: each is broken alone, and the entry fails by it with the manual's number. */
class EntryChecksTest {
    private static final int INJECT = 1 << 31;
    private static final int SHIFT_TYPE = 8;
    private static final long V86_FLAGS = 2 | 1 << 17;

    /** One change of a field. */
    private record FieldSet(VmcsField field, long value) {}

    private record Case(Kind kind, long qualification, String why, boolean longModeHost, List<FieldSet> changes) {
        @Override
        public String toString() {
            return why;
        }
    }

    private static FieldSet set(VmcsField field, long value) {
        return new FieldSet(field, value);
    }

    private static FieldSet also(VmcsField field, int bits) {
        return new FieldSet(field, ValidVmcs.of().read(field) | bits & 0xFFFF_FFFFL);
    }

    private static FieldSet without(VmcsField field, int bits) {
        return new FieldSet(field, ValidVmcs.of().read(field) & ~(bits & 0xFFFF_FFFFL));
    }

    private static Case controls(String why, FieldSet... changes) {
        return new Case(CONTROLS, 0, why, true, List.of(changes));
    }

    private static Case host(String why, FieldSet... changes) {
        return new Case(HOST_STATE, 0, why, true, List.of(changes));
    }

    /** On a processor outside IA-32e mode, which is also what its exits would load. */
    private static Case host32(String why, FieldSet... changes) {
        FieldSet size = without(VMEXIT_CONTROLS, Vmcs.HOST_ADDRESS_SPACE_SIZE);
        return new Case(
                HOST_STATE,
                0,
                why,
                false,
                Stream.concat(Stream.of(size), Stream.of(changes)).toList());
    }

    private static Case guest(String why, FieldSet... changes) {
        return new Case(GUEST_STATE, 0, why, true, List.of(changes));
    }

    private static Case guest(long qualification, String why, FieldSet... changes) {
        return new Case(GUEST_STATE, qualification, why, true, List.of(changes));
    }

    private static FieldSet inject(int type, int vector) {
        return set(VMENTRY_INTERRUPTION_INFO, (INJECT | type << SHIFT_TYPE | vector) & 0xFFFF_FFFFL);
    }

    private static FieldSet secondary() {
        return also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.ACTIVATE_SECONDARY_CONTROLS);
    }

    /** A guest in ring 3, and a change. */
    private static FieldSet[] ring3(FieldSet change) {
        List<FieldSet> changes = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            boolean code = i == SystemState.CS;
            changes.add(set(GuestStateArea.SELECTOR[i], code ? 0xB : 0x13));
            changes.add(set(GuestStateArea.RIGHTS[i], code ? 0xC0FB : 0xC0F3));
        }
        changes.add(change);
        return changes.toArray(FieldSet[]::new);
    }

    /** A guest in virtual-8086 mode, and a change. */
    private static FieldSet[] virtual8086(FieldSet change) {
        List<FieldSet> changes = new ArrayList<>();
        changes.add(set(GUEST_RFLAGS, V86_FLAGS));
        for (int i = 0; i < 6; i++) {
            changes.add(set(GuestStateArea.SELECTOR[i], 0x100));
            changes.add(set(GuestStateArea.BASE[i], 0x1000));
            changes.add(set(GuestStateArea.LIMIT[i], 0xFFFF));
            changes.add(set(GuestStateArea.RIGHTS[i], 0xF3));
        }
        changes.add(change);
        return changes.toArray(FieldSet[]::new);
    }

    // spotless:off
    static Stream<Case> cases() {
        return Stream.of(
                controls("pin-based bit 1 is 1",                     without(PIN_BASED_EXEC_CONTROLS, 1 << 1)),
                controls("no posted interrupts",                     also(PIN_BASED_EXEC_CONTROLS, 1 << 7)),
                controls("primary bit 1 is 1",                       without(PROCESSOR_BASED_VMEXEC_CONTROLS, 1 << 1)),
                controls("no tertiary controls",                     also(PROCESSOR_BASED_VMEXEC_CONTROLS, 1 << 17)),
                controls("virtual-APIC page on a page",              also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.USE_TPR_SHADOW), set(VIRTUAL_APIC_PAGE_ADDR, 0x4080)),
                controls("a TPR threshold has four bits",            also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.USE_TPR_SHADOW), set(TPR_THRESHOLD, 0x10)),
                controls("no TPR threshold above VTPR",              also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.USE_TPR_SHADOW), set(TPR_THRESHOLD, 1)),
                controls("APIC-access page within 40 bits",          secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.VIRTUALIZE_APIC_ACCESSES), set(APIC_ACCESS_ADDR, 1L << 40)),
                controls("no VM functions",                          secondary(), set(SECONDARY_VMEXEC_CONTROLS, 1 << 13)),
                controls("four CR3 targets at most",                 set(CR3_TARGET_COUNT, 5)),
                controls("I/O bitmap B on a page",                   also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.USE_IO_BITMAPS), set(IO_BITMAP_B, 0x1008)),
                controls("I/O bitmap A within 40 bits",              also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.USE_IO_BITMAPS), set(IO_BITMAP_A, 1L << 40)),
                controls("MSR bitmaps on a page",                    also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.USE_MSR_BITMAPS), set(MSR_BITMAPS, 0x800)),
                controls("virtual NMIs want NMI exiting",            also(PIN_BASED_EXEC_CONTROLS, Vmcs.VIRTUAL_NMIS)),
                controls("an NMI window wants virtual NMIs",         also(PROCESSOR_BASED_VMEXEC_CONTROLS, Vmcs.NMI_WINDOW_EXITING)),
                controls("VPID 0 is the host's",                     secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.ENABLE_VPID)),
                controls("EPT wants four levels",                    secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.ENABLE_EPT), set(EPT_POINTER, 6)),
                controls("EPT tables uncacheable or write-back",     secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.ENABLE_EPT), set(EPT_POINTER, 3 << 3 | 4)),
                controls("no accessed and dirty flags for EPT",      secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.ENABLE_EPT), set(EPT_POINTER, 1 << 6 | 3 << 3 | 6)),
                controls("an unrestricted guest wants EPT",          secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.UNRESTRICTED_GUEST)),
                controls("exit bit 0 is 1",                          without(VMEXIT_CONTROLS, 1)),
                controls("no performance counters to load",          also(VMEXIT_CONTROLS, 1 << 12)),
                controls("a timer must run to be saved",             also(VMEXIT_CONTROLS, Vmcs.SAVE_PREEMPTION_TIMER)),
                controls("MSR-store area aligned",                   set(VMEXIT_MSR_STORE_COUNT, 1), set(VMEXIT_MSR_STORE_ADDR, 0x1008)),
                controls("exit MSR-load area within 40 bits",        set(VMEXIT_MSR_LOAD_COUNT, 2), set(VMEXIT_MSR_LOAD_ADDR, (1L << 40) - 16)),
                controls("entry bit 0 is 1",                         without(VMENTRY_CONTROLS, 1)),
                controls("no entry to SMM outside SMM",              also(VMENTRY_CONTROLS, 1 << 10)),
                controls("entry MSR-load area aligned",              set(VMENTRY_MSR_LOAD_COUNT, 1), set(VMENTRY_MSR_LOAD_ADDR, 1)),
                controls("event type 1 does not exist",              inject(1, 0x20)),
                controls("an NMI has vector 2",                      inject(2, 3)),
                controls("exceptions have vectors up to 31",         inject(3, 32)),
                controls("the other event has vector 0",             inject(7, 1)),
                controls("#GP has an error code",                    inject(3, 13)),
                controls("#UD has none",                             set(VMENTRY_INTERRUPTION_INFO, 0x8000_0B06L)),
                controls("an external interrupt has none",           set(VMENTRY_INTERRUPTION_INFO, 0x8000_0820L), set(GUEST_RFLAGS, 0x202)),
                controls("bit 12 of the information is reserved",    set(VMENTRY_INTERRUPTION_INFO, 0x8000_1306L)),
                controls("an error code has 16 bits",                set(VMENTRY_INTERRUPTION_INFO, 0x8000_0B0DL), set(VMENTRY_EXCEPTION_ERR_CODE, 0x1_0000)),
                controls("a software interrupt has a length",        inject(4, 0x80)),
                controls("of 15 bytes at most",                      inject(6, 3), set(VMENTRY_INSTRUCTION_LENGTH, 16)),

                host("CR0.NE is fixed",                              set(HOST_CR0, 0x8000_0011L)),
                host("CR0 has 32 bits",                              set(HOST_CR0, 0x1_8000_0031L)),
                host("CR4.VMXE is fixed",                            set(HOST_CR4, 0x20)),
                host("CR4 bit 31 does not exist",                    set(HOST_CR4, 0x8000_2020L)),
                host("CR3 within 40 bits",                           set(HOST_CR3, 1L << 40)),
                host("SYSENTER_EIP canonical",                       set(HOST_IA32_SYSENTER_EIP_MSR, 1L << 47)),
                host("PAT of memory types",                          also(VMEXIT_CONTROLS, Vmcs.HOST_ADDRESS_SPACE_SIZE | Vmcs.LOAD_HOST_PAT), set(HOST_IA32_PAT, 2)),
                host("EFER.LMA as the host's size",                  also(VMEXIT_CONTROLS, Vmcs.LOAD_HOST_EFER), set(HOST_IA32_EFER, 0x100)),
                host("RPL 0",                                        set(HOST_CS_SELECTOR, 9)),
                host("TI 0",                                         set(HOST_GS_SELECTOR, 0x24)),
                host("CS not null",                                  set(HOST_CS_SELECTOR, 0)),
                host("TR not null",                                  set(HOST_TR_SELECTOR, 0)),
                host("GDTR base canonical",                          set(HOST_GDTR_BASE, -1L >>> 1)),
                host("the host's size as it is now",                 without(VMEXIT_CONTROLS, Vmcs.HOST_ADDRESS_SPACE_SIZE)),
                host("a 64-bit host has PAE",                        set(HOST_CR4, 0x2000)),
                host("and a canonical RIP",                          set(HOST_RIP, 1L << 47)),

                host32("no 64-bit guest of a 32-bit host",           also(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST)),
                host32("SS of a 32-bit host not null",               set(HOST_SS_SELECTOR, 0)),
                host32("RIP of a 32-bit host",                       set(HOST_RIP, 1L << 32)),

                guest("CR0.NE is fixed",                             set(GUEST_CR0, 0x8000_0011L)),
                guest("CR0.PG is fixed in a restricted guest",       set(GUEST_CR0, 0x31)),
                guest("PG without PE even unrestricted",             secondary(), set(SECONDARY_VMEXEC_CONTROLS, Vmcs.ENABLE_EPT | Vmcs.UNRESTRICTED_GUEST),
                        set(EPT_POINTER, 3 << 3 | 6), set(GUEST_CR0, 0x8000_0030L)),
                guest("CR4.VMXE is fixed",                           set(GUEST_CR4, 0)),
                guest("no bit of DEBUGCTL",                          also(VMENTRY_CONTROLS, Vmcs.LOAD_DEBUG_CONTROLS), set(GUEST_IA32_DEBUGCTL, 1)),
                guest("no virtual-8086 mode in IA-32e mode",         also(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST), set(GUEST_CR4, 0x2020), set(GUEST_RFLAGS, V86_FLAGS)),
                guest("not both L and D",                            also(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST), set(GUEST_CR4, 0x2020), set(GUEST_CS_ACCESS_RIGHTS, 0xE09B)),
                guest("HLT only in ring 0",                          ring3(set(GUEST_ACTIVITY_STATE, 1))),
                guest("virtual-8086 limits",                         virtual8086(set(GUEST_DS_LIMIT, 0xFFFE))),
                guest("virtual-8086 rights",                         virtual8086(set(GUEST_SS_ACCESS_RIGHTS, 0x93))),
                guest("G of TR",                                     set(GUEST_TR_LIMIT, 0x10_0067)),
                guest("G of LDTR",                                   set(GUEST_LDTR_ACCESS_RIGHTS, 0x8082)),
                guest("an IA-32e mode guest has PAE",                also(VMENTRY_CONTROLS, Vmcs.IA32E_MODE_GUEST)),
                guest("CR3 within 40 bits",                          set(GUEST_CR3, 1L << 40)),
                guest("DR7 has 32 bits",                             also(VMENTRY_CONTROLS, Vmcs.LOAD_DEBUG_CONTROLS), set(GUEST_DR7, 1L << 32)),
                guest("SYSENTER_ESP canonical",                      set(GUEST_IA32_SYSENTER_ESP_MSR, 1L << 63)),
                guest("PAT of memory types",                         also(VMENTRY_CONTROLS, Vmcs.LOAD_GUEST_PAT), set(GUEST_IA32_PAT, 8L << 56)),
                guest("EFER.LMA as the guest's mode",                also(VMENTRY_CONTROLS, Vmcs.LOAD_GUEST_EFER), set(GUEST_IA32_EFER, 0x500)),
                guest("EFER without reserved bits",                  also(VMENTRY_CONTROLS, Vmcs.LOAD_GUEST_EFER), set(GUEST_IA32_EFER, 2)),
                guest("TR in the GDT",                               set(GUEST_TR_SELECTOR, 0x1C)),
                guest("SS.RPL is CS.RPL",                            set(GUEST_SS_SELECTOR, 0x13)),
                guest("virtual-8086 bases",                          set(GUEST_RFLAGS, V86_FLAGS)),
                guest("TR base canonical",                           set(GUEST_TR_BASE, 1L << 47)),
                guest("CS base of 32 bits",                          set(GUEST_CS_BASE, 1L << 32)),
                guest("CS accessed",                                 set(GUEST_CS_ACCESS_RIGHTS, 0xC09A)),
                guest("CS of type 3 only unrestricted",              set(GUEST_CS_ACCESS_RIGHTS, 0xC093)),
                guest("SS writable",                                 set(GUEST_SS_ACCESS_RIGHTS, 0xC091)),
                guest("DS accessed",                                 set(GUEST_DS_ACCESS_RIGHTS, 0xC092)),
                guest("ES readable",                                 set(GUEST_ES_ACCESS_RIGHTS, 0xC099)),
                guest("FS code or data",                             set(GUEST_FS_ACCESS_RIGHTS, 0xC083)),
                guest("CS.DPL is SS.DPL",                            set(GUEST_CS_ACCESS_RIGHTS, 0xC0FB)),
                guest("SS.DPL is SS.RPL",                            set(GUEST_SS_ACCESS_RIGHTS, 0xC0F3), set(GUEST_CS_ACCESS_RIGHTS, 0xC0FB)),
                guest("DS.DPL not below DS.RPL",                     set(GUEST_DS_SELECTOR, 0x13)),
                guest("GS present",                                  set(GUEST_GS_ACCESS_RIGHTS, 0xC013)),
                guest("reserved rights of DS",                       set(GUEST_DS_ACCESS_RIGHTS, 0xC193)),
                guest("G = 0 with more than 1 MiB",                  set(GUEST_DS_ACCESS_RIGHTS, 0x4093)),
                guest("G = 1 with bytes",                            set(GUEST_DS_LIMIT, 0xF_FFFE)),
                guest("TR busy",                                     set(GUEST_TR_ACCESS_RIGHTS, 0x89)),
                guest("TR usable",                                   set(GUEST_TR_ACCESS_RIGHTS, 0x1_008B)),
                guest("TR a system segment",                         set(GUEST_TR_ACCESS_RIGHTS, 0x9B)),
                guest("LDTR of an LDT",                              set(GUEST_LDTR_ACCESS_RIGHTS, 0x83)),
                guest("LDTR in the GDT",                             set(GUEST_LDTR_ACCESS_RIGHTS, 0x82), set(GUEST_LDTR_SELECTOR, 4)),
                guest("IDTR base canonical",                         set(GUEST_IDTR_BASE, 1L << 50)),
                guest("GDTR limit of 16 bits",                       set(GUEST_GDTR_LIMIT, 0x1_0000)),
                guest("RIP of 32 bits",                              set(GUEST_RIP, 1L << 32)),
                guest("RFLAGS bit 1",                                set(GUEST_RFLAGS, 0)),
                guest("RFLAGS bit 3",                                set(GUEST_RFLAGS, 0xA)),
                guest("IF for an external interrupt",                inject(0, 0x20)),
                guest("no wait-for-SIPI",                            set(GUEST_ACTIVITY_STATE, 3)),
                guest("no activity state 4",                         set(GUEST_ACTIVITY_STATE, 4)),
                guest("blocking wants the active state",             set(GUEST_ACTIVITY_STATE, 1), set(GUEST_INTERRUPTIBILITY_STATE, 2)),
                guest("#UD cannot be injected into HLT",             set(GUEST_ACTIVITY_STATE, 1), inject(3, 6)),
                guest("no SMI blocking outside SMM",                 set(GUEST_INTERRUPTIBILITY_STATE, 4)),
                guest("interruptibility bit 5",                      set(GUEST_INTERRUPTIBILITY_STATE, 1 << 5)),
                guest("not both kinds of blocking",                  set(GUEST_INTERRUPTIBILITY_STATE, 3), set(GUEST_RFLAGS, 0x202)),
                guest("STI blocking wants IF",                       set(GUEST_INTERRUPTIBILITY_STATE, 1)),
                guest("no external interrupt behind MOV SS",         set(GUEST_INTERRUPTIBILITY_STATE, 2), set(GUEST_RFLAGS, 0x202), inject(0, 0x20)),
                guest("no NMI behind MOV SS",                        set(GUEST_INTERRUPTIBILITY_STATE, 2), inject(2, 2)),
                guest("no NMI while virtual NMIs are blocked",       set(GUEST_INTERRUPTIBILITY_STATE, 8), inject(2, 2),
                        also(PIN_BASED_EXEC_CONTROLS, Vmcs.NMI_EXITING | Vmcs.VIRTUAL_NMIS)),
                guest("pending debug bit 4",                         set(GUEST_PENDING_DBG_EXCEPTIONS, 1 << 4)),
                guest("a step pending without TF behind MOV SS",     set(GUEST_PENDING_DBG_EXCEPTIONS, 1 << 14), set(GUEST_INTERRUPTIBILITY_STATE, 2)),
                guest("TF without a step pending in HLT",            set(GUEST_RFLAGS, 0x102), set(GUEST_ACTIVITY_STATE, 1)),
                guest(4, "link pointer to nothing",                  set(GUEST_LINK_POINTER, 0x1000)),
                guest(4, "link pointer not on a page",               set(GUEST_LINK_POINTER, 0x1001)),
                guest(2, "a PDPTE with reserved bits",               set(GUEST_CR4, 0x2020), set(GUEST_CR3, 0x4000)));
    }
    // spotless:on

    private static Optional<EntryFailure> enter(Vmcs vmcs, boolean longModeHost) {
        Ram ram = new Ram(16);
        ram.write(0x4008, 8, 0x5000 | 1 << 1 | 1);
        var entry = new ProposedEntry(vmcs, 0x6000, VmxCapabilities.ALL, PhysicalMemory.direct(ram, 16), longModeHost);
        return Stream.of(ControlChecks.ALL, HostChecks.ALL, GuestChecks.ALL, GuestSegmentChecks.ALL)
                .map(checks -> EntryCheck.firstFailure(checks, entry))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<EntryFailure> enter(Case broken) {
        Vmcs vmcs = ValidVmcs.of();
        broken.changes.forEach(change -> vmcs.write(change.field, change.value));
        return enter(vmcs, broken.longModeHost);
    }

    @Test
    void theVmcsThatAllCasesStartFromCanBeEntered() {
        assertEquals(Optional.empty(), enter(ValidVmcs.of(), true));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneBrokenConditionFailsTheEntryWithItsNumber(Case broken) {
        EntryFailure failure = enter(broken).orElseThrow(() -> new AssertionError("entered: " + broken.why));
        assertEquals(broken.kind, failure.kind(), failure.rule());
        assertEquals(broken.qualification, failure.qualification(), failure.rule());
    }

    @Test
    void theseCasesBreakEveryCheck() {
        Set<String> rules = new HashSet<>();
        cases().forEach(broken -> rules.add(enter(broken).orElseThrow().rule()));
        Set<String> missing = new HashSet<>();
        Stream.of(ControlChecks.ALL, HostChecks.ALL, GuestChecks.ALL, GuestSegmentChecks.ALL)
                .flatMap(List::stream)
                .map(EntryCheck::rule)
                .filter(rule -> !rules.contains(rule))
                .forEach(missing::add);
        assertTrue(missing.isEmpty(), "no case breaks: " + missing);
    }
}
