package ringside.session;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

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
        return source(guest)
                .map(file -> ExitCard.at(file, options(guest, mode, machine), new byte[0], time)
                        .remedies());
    }

    /** A lab's guest as a file. */
    static GuestFile file(GuestChoice guest) {
        return guest instanceof GuestChoice.Binary binary
                ? binary.upload().file()
                : source(guest).orElseThrow();
    }

    private static Optional<GuestFile> source(GuestChoice guest) {
        Optional<String> source = guest instanceof GuestChoice.Sample sample
                ? SampleGuests.source(sample.name())
                : guest instanceof GuestChoice.Source own ? Optional.of(own.text()) : Optional.empty();
        return source.map(
                text -> new GuestFile("kernel.asm", text.getBytes(StandardCharsets.UTF_8), SampleGuests::file));
    }

    /** A lab's machine as the command line says it. */
    static RunOptions options(GuestChoice guest, String mode, MachineChoice machine) {
        StartChoice start =
                guest instanceof GuestChoice.Binary binary ? binary.upload().start() : StartChoice.NONE;
        return new RunOptions(
                mode,
                start.bits(),
                start.load(),
                start.entry(),
                machine.memory(),
                machine.irqchip(),
                machine.hardware(),
                machine.generation(),
                Optional.of(machine.paging()).filter(paging -> !paging.equals(MachineChoice.BEST)),
                machine.translator());
    }
}
