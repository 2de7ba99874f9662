package ringside.monitor.mode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import ringside.monitor.Ending;
import ringside.monitor.Guest;
import ringside.monitor.Options;
import ringside.monitor.Options.Irqchip;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.kvm.Ioctl;
import ringside.monitor.kvm.IoctlLog;
import ringside.monitor.kvm.Kvm;

/** A guest with a virtio console and disk, driven by interrupts: the same at every guest time, whoever answers for the devices. */
class VirtioInEveryModeTest {
    private static final String TYPED = "hello\nthis goes to the disk\n.\n";

    private static Guest guest(String mode, Options options) {
        Guest guest = Guest.ofResource(mode, options, "virtio-echo.asm");
        long time = 0;
        for (byte value : TYPED.getBytes(StandardCharsets.US_ASCII)) {
            // Some come while the guest waits, some while it works, some together.
            guest.monitor.machine().inputs().append(time, value);
            time += value % 3 == 0 ? 0 : 137L * (value & 0x1F);
        }
        return guest;
    }

    static Stream<Arguments> ways() {
        Stream<Arguments> modes = Modes.machines().stream().map(mode -> Arguments.of(mode, Options.DEFAULT));
        Stream<Arguments> chips = Arrays.stream(Irqchip.values())
                .flatMap(chip -> Arrays.stream(Virtualization.values())
                        .map(hardware -> Arguments.of(
                                "kvm", Options.DEFAULT.withIrqchip(chip).withVirtualization(hardware))));
        return Stream.concat(modes, chips);
    }

    @ParameterizedTest
    @MethodSource("ways")
    void linesGoToTheDiskAndBackToTheConsole(String mode, Options options) {
        Guest guest = guest(mode, options).run();
        assertEquals(TYPED, guest.serial());
        assertEquals(Ending.Kind.HALT, guest.monitor.ending().orElseThrow().kind());
        assertEquals(guest("bare", Options.DEFAULT).run().visible(), guest.visible());
    }

    @ParameterizedTest
    @MethodSource("ways")
    void aSnapshotAnywhereGoesOnToTheSameEnd(String mode, Options options) {
        Guest whole = guest(mode, options).run();
        Guest guest = guest(mode, options);
        for (long time = 40; guest.monitor.ending().isEmpty(); time += 311) {
            guest.runUntil(time);
            var state = guest.monitor.save();
            guest.runUntil(time + 5000);
            guest.monitor.restore(state);
        }
        assertEquals(whole.visible(), guest.visible());
        assertEquals(whole.monitor.save().machine(), guest.monitor.save().machine());
    }

    /** The devices are user space's; the bells of the queues are events, which end in the kernel (KVM API documentation, KVM_IOEVENTFD). */
    @Test
    void underKvmTheBellsOfTheQueuesDoNotReturnToUserSpace() {
        Guest guest = guest("kvm", Options.DEFAULT).run();
        List<IoctlLog.Call> calls = ((Kvm) guest.monitor).log().calls();
        assertEquals(
                List.of(
                        "addr 0xd0000050, len 4, datamatch 0",
                        "addr 0xd0000050, len 4, datamatch 1",
                        "addr 0xd0000250, len 4, datamatch 0"),
                calls.stream()
                        .filter(call -> call.ioctl() == Ioctl.KVM_IOEVENTFD)
                        .map(IoctlLog.Call::argument)
                        .toList());
        var bells = guest.exits().stream()
                .filter(exit -> exit.detail() == 0xD000_0050L || exit.detail() == 0xD000_0250L)
                .toList();
        int bytes = TYPED.length();
        int lines = 3;
        assertEquals(bytes + lines + 2 * lines, bells.size(), "a byte, a line sent, a line written and read");
        assertTrue(bells.stream().allMatch(exit -> exit.answeredBy().equals("kvm-kernel")));
    }
}
