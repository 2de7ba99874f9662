package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Tries on other machines what happens where a lab's guest was left, within bounds. */
final class OtherMachines {
    /** Guest time up to which each of them runs for it. */
    static final long MOST_TIME = 200_000;

    private OtherMachines() {}

    /**
     * Machines on which something else happens.
     *
     * @param time of the boundary at which the guest was left
     * @return empty where that is not tried: of a guest without source, after typed input, or late in a run
     */
    static Optional<List<ExitCard.Remedy>> at(
            GuestChoice guest, String mode, MachineChoice machine, boolean typed, long time) {
        if (typed || time > MOST_TIME) {
            return Optional.empty();
        }
        return file(guest)
                .map(file -> ExitCard.at(file, options(mode, machine), new byte[0], time)
                        .remedies());
    }

    private static Optional<GuestFile> file(GuestChoice guest) {
        Optional<String> source = guest instanceof GuestChoice.Sample sample
                ? SampleGuests.source(sample.name())
                : guest instanceof GuestChoice.Source own ? Optional.of(own.text()) : Optional.empty();
        return source.map(
                text -> new GuestFile("kernel.asm", text.getBytes(StandardCharsets.UTF_8), SampleGuests::file));
    }

    private static RunOptions options(String mode, MachineChoice machine) {
        return new RunOptions(
                mode,
                OptionalInt.empty(),
                OptionalLong.empty(),
                OptionalLong.empty(),
                machine.memory(),
                machine.irqchip(),
                machine.hardware(),
                machine.generation(),
                Optional.of(machine.paging()).filter(paging -> !paging.equals(MachineChoice.BEST)),
                machine.translator());
    }
}
