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
