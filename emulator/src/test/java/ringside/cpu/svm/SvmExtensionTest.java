package ringside.cpu.svm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.memory.Ram;
import ringside.monitor.Guest;

/** A hypervisor as a guest on the bare machine: VMRUN, what it refuses, and what comes back whatever the VMCB says. */
class SvmExtensionTest {
    private static final int FORGERIES = Boolean.getBoolean("ringside.long") ? 100_000 : 3_000;
    private static final long VMCB = 0x21000;
    private static final long EXITCODE = VMCB + 0x70;

    /** Switches SVM on and describes a guest in real mode that halts; each line before VMRUN may change the VMCB. */
    private static String[] hypervisor(String... changes) {
        List<String> lines = new ArrayList<>(List.of(
                ";@ cpu svm",
                "mov esp, 0x8000",
                "mov ecx, 0xC0000080",
                "mov eax, 0x1000",
                "xor edx, edx",
                "wrmsr",
                "mov ecx, 0xC0010117",
                "mov eax, 0x20000",
                "wrmsr",
                "mov dword [0x2100C], 1 << 24 | 1 << 31",
                "mov dword [0x21010], 3",
                "mov dword [0x21058], 1",
                "mov dword [0x21410], 0x009B0000",
                "mov dword [0x21414], 0xFFFF",
                "mov dword [0x21420], 0x00930000",
                "mov dword [0x21424], 0xFFFF",
                "mov dword [0x214D0], 0x1000",
                "mov dword [0x21558], 0x10",
                "mov dword [0x21570], 2",
                "mov dword [0x21578], inner",
                "mov dword [0x215D8], 0x7000"));
        lines.addAll(List.of(changes));
        lines.addAll(List.of("mov eax, 0x21000", "vmrun", "back: cli", "hlt", "bits 16", "inner: hlt"));
        return lines.toArray(String[]::new);
    }

    private static long exitCode(Guest guest) {
        return guest.monitor.machine().ram().read(EXITCODE, 8);
    }

    @Test
    void theGuestsHltComesBackBehindVmrunWithGlobalInterruptsOff() {
        var guest = Guest.of("bare", 32, hypervisor()).run();
        assertEquals(0x78, exitCode(guest));
        assertEquals(0x21000, guest.believed().registers.get(0), "RAX is the host's again");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mov dword [0x214D0], 0", // EFER.SVME
                "mov dword [0x21558], 1 << 29", // CR0.NW without CD
                "mov dword [0x2155C], 1", // CR0, high half
                "mov dword [0x21548], 1 << 31", // CR4
                "mov dword [0x2156C], 1", // DR6, high half
                "mov dword [0x21564], 1", // DR7, high half
                "mov dword [0x214D4], 1", // EFER, high half
                "mov dword [0x21010], 2", // VMRUN not intercepted
                "mov dword [0x21058], 0", // ASID
                "mov dword [0x21044], -1", // IOPM beyond physical memory
                "mov dword [0x2104C], -1", // MSRPM likewise
                "mov dword [0x210A8], 1 << 31 | 5 << 8", // EVENTINJ of a reserved type
                "mov dword [0x210A8], 1 << 31 | 3 << 8 | 2", // NMI as an exception
                "mov dword [0x210A8], 1 << 31 | 3 << 8 | 32", // no exception
                "mov dword [0x21090], 1" // nested paging under a host without paging
            })
    void aStateThatNoGuestMayHaveIsRefused(String change) {
        var guest = Guest.of("bare", 32, hypervisor(change)).run();
        assertEquals(-1L, exitCode(guest));
    }

    @Test
    void anInjectedInterruptGoesThroughTheGuestsTableFirst() {
        var guest = Guest.of(
                        "bare",
                        32,
                        hypervisor(
                                "mov word [0x40 * 4], handler",
                                "mov word [0x40 * 4 + 2], 0",
                                "mov dword [0x21484], 0x3FF",
                                "mov dword [0x210A8], 1 << 31 | 0x40",
                                "jmp on",
                                "bits 16",
                                "handler: mov bl, 7",
                                "iret",
                                "bits 32",
                                "on: nop"))
                .run();
        assertEquals(0x78, exitCode(guest));
        assertEquals(7, guest.believed().registers.get(3) & 0xFF);
        assertEquals(0, guest.monitor.machine().ram().read(VMCB + 0xA8, 8) >>> 31, "EVENTINJ.V is cleared");
    }

    /** A guest elsewhere: changes of the VMCB, then its code of 16 bits. */
    private static Guest ranInside(List<String> changes, String... code) {
        List<String> lines = new ArrayList<>(changes);
        lines.addAll(List.of("mov dword [0x21578], other", "jmp on", "bits 16", "align 16", "other:"));
        lines.addAll(List.of(code));
        lines.addAll(List.of("hlt", "bits 32", "on: mov ebx, other"));
        return Guest.of("bare", 32, hypervisor(lines.toArray(String[]::new))).run();
    }

    private static long field(Guest guest, VmcbField field) {
        return guest.monitor.machine().ram().read(VMCB + field.offset(), field.size());
    }

    /** Where the guest was left, from its first instruction on. */
    private static long left(Guest guest) {
        return field(guest, VmcbField.RIP) - guest.believed().registers.get(3);
    }

    /** APM 2, Interrupt Shadows: it holds off the interrupt at the boundary before the first instruction, and at no other. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aShadowThatVmrunLoadsIsTheFirstInstructions(int shadow) {
        var guest = ranInside(
                List.of(
                        "or dword [0x2100C], 1 << 4",
                        "mov dword [0x21060], 1 << 8 | 1 << 20",
                        "mov dword [0x21068], " + shadow,
                        "mov dword [0x21570], 0x202"),
                "nop",
                "nop");
        assertEquals(0x64, exitCode(guest), "VINTR");
        assertEquals(shadow, left(guest));
    }

    /** APM 2, VMRUN, Basic Operation: it is added where the guest reads the clock, and cleared by #VMEXIT. */
    @Test
    void theGuestsClockIsOffsetAndTheHostsIsNot() {
        var guest = ranInside(List.of("mov dword [0x21054], 0x100"), "rdtsc");
        assertEquals(0x78, exitCode(guest));
        assertEquals(0x100, guest.believed().registers.get(2), "EDX");
        assertEquals(0, guest.believed().system.tscOffset);
    }

    /** APM 2, Virtualizing APIC.TPR: without V_INTR_MASKING CR8 is the host's. */
    @Test
    void aPriorityIsHeldBackByTheOneOfTheVmcb() {
        List<String> changes = new ArrayList<>(List.of(
                "or dword [0x2100C], 1 << 4",
                "mov dword [0x21570], 0x202",
                "mov dword [0x21060], 1 << 8 | 5 << 16 | 5"));
        assertEquals(0x78, exitCode(ranInside(changes, "nop")), "5 is not above 5");
        changes.set(2, "mov dword [0x21060], 1 << 8 | 6 << 16 | 5");
        assertEquals(0x64, exitCode(ranInside(changes, "nop")));
    }

    /** APM 2, #DB (Debug): INT1 has an intercept of its own. */
    @Test
    void int1DoesNotAskForTheInterceptOfDebugExceptions() {
        List<String> changes = List.of(
                "mov dword [0x21008], 2",
                "mov dword [0x21484], 0x3FF",
                "mov word [4], 0x100",
                "mov byte [0x100], 0xF4");
        assertEquals(0x100, field(ranInside(changes, "db 0xF1"), VmcbField.RIP), "its handler halts");
        var intercepted = ranInside(List.of("mov dword [0x21010], 3 | 1 << 8"), "db 0xF1");
        assertEquals(0x88, exitCode(intercepted));
        assertEquals(0, left(intercepted));
    }

    /** APM 2, State Saved on Exit: BOUND, INT3 and INTO. */
    @Test
    void exceptionsOfThreeInstructionsHaveANextRip() {
        var bound = ranInside(
                List.of(
                        "mov dword [0x21008], 1 << 5",
                        "mov dword [0x21430], 0x00930000",
                        "mov dword [0x21434], 0xFFFF"),
                "mov cx, 9",
                "bound cx, [0x3000]");
        assertEquals(0x45, exitCode(bound));
        assertEquals(4, field(bound, VmcbField.NRIP) - field(bound, VmcbField.RIP));
        var breakpoint = ranInside(List.of("mov dword [0x21008], 1 << 3"), "int3");
        assertEquals(0x43, exitCode(breakpoint));
        assertEquals(0, left(breakpoint));
        assertEquals(1, field(breakpoint, VmcbField.NRIP) - field(breakpoint, VmcbField.RIP));
    }

    /** APM 2, EXITINTINFO Pseudo-Code: of a double fault, what was being delivered when the second exception came. */
    @Test
    void aDoubleFaultSaysWhatWasBeingDelivered() {
        // No vector above 5 is within IDTR's limit: #UD cannot be delivered, and #GP is what comes of it.
        var guest = ranInside(List.of("mov dword [0x21008], 1 << 8", "mov dword [0x21484], 0x17"), "ud2");
        assertEquals(0x48, exitCode(guest));
        assertEquals(
                1L << 31 | 3 << 8 | 13,
                field(guest, VmcbField.EXITINTINFO) & 0x8000_07FFL,
                "#UD and #GP are none; #GP and #GP are");
    }

    /** APM 2, VMRUN, Basic Operation. */
    @Test
    void pointersOfPaePagingWithReservedBitsAreRefused() {
        List<String> changes = new ArrayList<>(List.of(
                "mov dword [0x21558], 0x80000011",
                "mov dword [0x21548], 0x20",
                "mov dword [0x21550], 0x5000",
                "mov dword [0x5008], 3"));
        assertEquals(-1L, exitCode(ranInside(changes)));
        changes.set(3, "mov dword [0x5008], 2");
        assertEquals(0x7F, exitCode(ranInside(changes)), "nothing is mapped, but nothing is wrong with that");
    }

    @Test
    void withoutSvmeTheInstructionsDoNotExist() {
        String[] handler = {"mov esp, 0x8000", "lidt [idtr]", "vmrun", "ud: mov ebx, 6", "hlt", "align 8"};
        List<String> lines = new ArrayList<>(List.of(";@ cpu svm"));
        lines.addAll(List.of(handler));
        lines.addAll(List.of("idt: times 7 dw ud, 8, 0x8E00, 0", "idtr: dw 55", "dd idt"));
        var guest = Guest.of("bare", 32, lines.toArray(String[]::new)).run();
        assertEquals(6, guest.believed().registers.get(3));
        assertEquals(
                1,
                guest.events.stream()
                        .filter(event -> event.reason().equals("INVALID_OPCODE"))
                        .count());
    }

    @Test
    void aSnapshotInsideTheGuestGoesOnAsItWouldHave() {
        var first = Guest.of("bare", 32, hypervisor());
        var straight = Guest.of("bare", 32, hypervisor()).run();
        long time = straight.monitor.machine().clock().now() - 3;
        first.runUntil(time);
        var state = first.monitor.save();
        first.run();
        var other = Guest.of("bare", 32, hypervisor());
        other.monitor.restore(state);
        other.run();
        assertEquals(straight.visible(), first.visible());
        assertEquals(straight.visible(), other.visible());
    }

    /** Random fields in control and save area, often with a guest of random bytes: VMRUN comes back, or the guest goes on. */
    @Test
    void noForgedVmcbBreaksAnything() {
        int entered = 0;
        int refused = 0;
        for (int seed = 0; seed < FORGERIES; seed++) {
            Random random = new Random(seed);
            var guest = Guest.of("bare", 32, hypervisor());
            runToVmrun(guest);
            Ram ram = guest.monitor.machine().ram();
            // Whoever is entered runs random bytes, wherever RIP has been forged to.
            int changes = 1 + random.nextInt(random.nextInt(4) == 0 ? 60 : 4);
            for (int i = 0; i < changes; i++) {
                VmcbField field = VmcbField.values()[random.nextInt(VmcbField.values().length)];
                long value = random.nextBoolean() ? random.nextLong() : random.nextLong() >>> random.nextInt(64);
                ram.write(VMCB + field.offset(), field.size(), value);
            }
            long inner = ram.read(VMCB + VmcbField.RIP.offset(), 8) & 0xFFF8;
            for (int i = 0; i < 64 && random.nextInt(4) != 0; i += 8) {
                ram.write(inner + i, 8, random.nextLong());
            }
            try {
                guest.runUntil(guest.monitor.machine().clock().now() + 200);
                guest.visible();
            } catch (RuntimeException | Error error) {
                throw new AssertionError("seed " + seed, error);
            }
            if (exitCode(guest) == -1) {
                refused++;
            } else {
                entered++;
            }
        }
        assertTrue(refused > FORGERIES / 10 && entered > FORGERIES / 10, refused + " refused, " + entered + " entered");
    }

    private static void runToVmrun(Guest guest) {
        long target = guest.monitor.machine().clock().now();
        while (!guest.believed().peek().form.mnemonic().equals("VMRUN")) {
            guest.runUntil(++target);
        }
    }
}
