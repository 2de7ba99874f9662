package ringside.cpu.vmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import ringside.cpu.Cpu;
import ringside.cpu.Registers;
import ringside.monitor.Guest;
import ringside.session.SampleGuests;

/**
 * A hypervisor in bare mode whose VMCS is forged before VMLAUNCH, often with a guest of random bytes: it fails with a number that the manual
 * has for it, or leaves for a reason that there is, or goes on. By default a sample; with {@code -Dringside.long=true} a hundred thousand.
 */
class ForgedVmcsTest {
    private static final int FORGERIES = Boolean.getBoolean("ringside.long") ? 100_000 : 2_000;
    private static final int MOST_STEPS = 200;

    private static final List<VmcsField> FIELDS = Arrays.stream(VmcsField.values())
            .filter(field -> VmxCapabilities.ALL.hasField(field) && !field.isReadOnly())
            .toList();

    private static final Set<Long> REASONS = Arrays.stream(ExitReason.values())
            .map(reason -> (long) reason.number())
            .collect(Collectors.toSet());

    private enum End {
        CONTROLS,
        HOST_STATE,
        GUEST_STATE,
        MSR_LOADING,
        ENTERED
    }

    @Test
    void noForgedVmcsBreaksAnything() {
        Guest guest = Guest.of(
                "bare",
                32,
                SampleGuests.source("tiny-vmm")
                        .orElseThrow()
                        .replace("org 0x1000", "")
                        .replace("start:", ""));
        long time = guest.monitor.machine().clock().now();
        while (!guest.believed().peek().form.mnemonic().equals("VMLAUNCH")) {
            guest.runUntil(++time);
        }
        var ready = guest.monitor.save();
        Map<End, Integer> ends = new EnumMap<>(End.class);
        for (int seed = 0; seed < FORGERIES; seed++) {
            guest.monitor.restore(ready);
            try {
                ends.merge(forge(guest, new Random(seed), time), 1, Integer::sum);
            } catch (RuntimeException | Error error) {
                throw new AssertionError("seed " + seed, error);
            }
        }
        for (End end : End.values()) {
            assertTrue(ends.getOrDefault(end, 0) > 0, end + " never came: " + ends);
        }
    }

    private static End forge(Guest guest, Random random, long time) {
        Cpu cpu = guest.believed();
        int changes = 1 + random.nextInt(random.nextInt(4) == 0 ? 40 : 3);
        for (int i = 0; i < changes; i++) {
            VmcsField field = FIELDS.get(random.nextInt(FIELDS.size()));
            long value = random.nextBoolean()
                    ? random.nextLong() >>> random.nextInt(64)
                    : cpu.vmx().read(field.encoding()) ^ 1L << random.nextInt(field.width());
            cpu.vmx().write(field.encoding(), value);
        }
        long inner = cpu.vmx().read(VmcsField.GUEST_RIP.encoding()) & 0xFFF8;
        for (int i = 0; i < 64 && random.nextInt(4) != 0; i += 8) {
            guest.monitor.machine().ram().write(inner + i, 8, random.nextLong());
        }
        guest.runUntil(time + 1);
        End end = end(cpu);
        guest.runUntil(time + MOST_STEPS);
        guest.visible();
        long reason = cpu.vmx().read(VmcsField.VMEXIT_REASON.encoding());
        assertTrue(REASONS.contains(reason & 0xFFFF), "reason " + reason);
        return end;
    }

    /** What VMLAUNCH, one unit later, has come to. */
    private static End end(Cpu cpu) {
        long reason = cpu.vmx().read(VmcsField.VMEXIT_REASON.encoding());
        boolean failed = (cpu.registers.flags() & Registers.ZERO) != 0 && cpu.registers.flags() == Registers.ZERO;
        long error = cpu.vmx().read(VmcsField.INSTRUCTION_ERROR.encoding());
        if (failed && error != 0) {
            assertTrue(error == 7 || error == 8, "error " + error);
            return error == 7 ? End.CONTROLS : End.HOST_STATE;
        }
        if (reason >>> 31 != 0) {
            assertTrue(reason == (1L << 31 | 33) || reason == (1L << 31 | 34), "reason " + reason);
            assertEquals(0, cpu.system.cpl, "the host goes on");
            return (reason & 0xFF) == 33 ? End.GUEST_STATE : End.MSR_LOADING;
        }
        return End.ENTERED;
    }
}
