package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import ringside.bus.InputLog;

/** One guest in one mode at one guest time, as data: what a lab shows there, without a lab. */
public final class Showing {
    private final Lab lab;

    /**
     * Runs the guest to that time, or to its end if that is earlier.
     *
     * @throws BadInput where the guest, its mode or an option cannot be used
     */
    public Showing(GuestFile file, RunOptions options, byte[] input, long time) {
        var images = GuestStart.checked(file, options);
        lab = new Lab(
                new Guests().lockstep(images, List.of(options.mode()), GuestStart.machine(options), typed(input)));
        lab.lockstep().seek(time);
    }

    private static Typing typed(byte[] input) {
        List<Typing.Key> keys = new ArrayList<>();
        for (byte value : input) {
            keys.add(new Typing.Key(0, value & 0xFF));
        }
        if (keys.size() > InputLog.CAPACITY) {
            throw new BadInput(
                    "the input has " + input.length + " bytes; COM1 takes " + InputLog.CAPACITY + " at most");
        }
        return new Typing(keys);
    }

    /**
     * Everything that a lab shows of a mode.
     *
     * @param address where in memory to look, as people write it; empty: where the next instruction stands
     * @throws BadInput where nobody knows that address
     */
    public Views.Mode mode(Optional<String> address) {
        return mode(address, OpenViews.of(Panel.names()));
    }

    /**
     * One view of a mode.
     *
     * @param address as for {@link #mode}
     * @throws BadInput where nobody knows that address
     */
    public Object view(Panel panel, Optional<String> address) {
        return panel.data(mode(address, OpenViews.of(List.of(panel.name()))));
    }

    private Views.Mode mode(Optional<String> address, OpenViews open) {
        address.ifPresent(this::look);
        return lab.draw(false, open).get(0);
    }

    private void look(String address) {
        if (!lab.look(address)) {
            throw new BadInput(address + " is no address, symbol or register");
        }
    }

    /**
     * How an access to an address is translated now.
     *
     * @param address as people write it; empty: where the next instruction stands
     */
    public Walks walks(Optional<String> address, Walks.Access access) {
        return lab.walks(lab.lockstep().columns().get(0), address.orElse(Lab.NEXT_INSTRUCTION), access)
                .orElseThrow(() -> new BadInput(address.orElse("") + " is no address, symbol or register"));
    }
}
