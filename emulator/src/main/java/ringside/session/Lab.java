package ringside.session;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import ringside.cpu.SystemState;
import ringside.image.StartState;
import ringside.image.XenKernel;
import ringside.probe.Event;

/** A guest on its machines, and the place in memory that is looked at. */
final class Lab {
    /** What people write for the place of the next instruction. */
    static final String NEXT_INSTRUCTION = "cs:ip";

    private final Lockstep lockstep;
    private final Ports ports;
    private long memoryAddress;
    private String memoryAddressTyped;
    private String walked = NEXT_INSTRUCTION;
    private Walks.Access walkedBy = Walks.Access.READ;

    Lab(Lockstep lockstep, Ports ports) {
        this.lockstep = lockstep;
        this.ports = ports;
        this.memoryAddress = start(lockstep.columns().get(0)) & ~0xFL;
        this.memoryAddressTyped = Scene.hex(memoryAddress);
        lockstep.columns().forEach(column -> column.look(memoryAddress));
    }

    /** Where the guest starts, also where another domain runs first. */
    private static long start(Column column) {
        Scene scene = column.scene();
        if (scene.domain().isEmpty()) {
            return scene.linear();
        }
        StartState start = column.image().start();
        return column.image()
                .xenKernel()
                .map(XenKernel::entry)
                .orElseGet(() -> start.segments().get(SystemState.CS).base() + start.rip());
    }

    /** What the guest was assembled from, or nothing. */
    String source() {
        return lockstep.columns().get(0).image().source().orElse("");
    }

    /** The guest of a mode beside the unported one. */
    Port port(Column column) {
        return ports.of(column.mode());
    }

    Lockstep lockstep() {
        return lockstep;
    }

    String memoryAddressTyped() {
        return memoryAddressTyped;
    }

    /** The linear address that was typed, where somebody knows it. */
    OptionalLong addressOf(String typed) {
        return linear(lockstep.columns().get(0), typed).map(OptionalLong::of).orElse(OptionalLong.empty());
    }

    /** Where a register was typed, its value now is what is looked at. */
    private void follow() {
        look(memoryAddressTyped);
    }

    /** @return false where nobody knows what was typed */
    boolean look(String typed) {
        var address = addressOf(typed);
        address.ifPresent(linear -> {
            memoryAddress = linear;
            memoryAddressTyped = typed.trim();
            lockstep.columns().forEach(column -> column.look(linear));
        });
        return address.isPresent();
    }

    /**
     * From now on page walks are those of an access to an address.
     *
     * @return false where nobody knows what was typed
     */
    boolean walk(String typed, Walks.Access access) {
        boolean known = linear(lockstep.columns().get(0), typed).isPresent();
        if (known) {
            walked = typed.trim();
            walkedBy = access;
        }
        return known;
    }

    /** The page walks that are looked at, in one mode. */
    Walks walks(Column column) {
        return walks(column, walked, walkedBy)
                .or(() -> walks(column, NEXT_INSTRUCTION, walkedBy))
                .orElseThrow();
    }

    /** @return empty where nobody knows what was typed */
    Optional<Walks> walks(Column column, String typed, Walks.Access access) {
        var monitor = column.timeline().monitor();
        return linear(column, typed).map(linear -> Walks.of(monitor, typed, linear, access, lastPageFault(column)));
    }

    /** The access of the last page fault that the guest was delivered, as far as it is known. */
    private static Optional<Walks.Access> lastPageFault(Column column) {
        return column.log().stream()
                .filter(entry -> entry.event() instanceof Event.Delivery delivery
                        && delivery.reason().equals("PAGE_FAULT"))
                .reduce((earlier, later) -> later)
                .map(entry -> Walks.Access.of(Math.max(0, ((Event.Delivery) entry.event()).errorCode())));
    }

    private static Optional<Long> linear(Column column, String typed) {
        return Addresses.read(
                typed,
                column.image(),
                column.scene(),
                column.timeline().monitor().believed());
    }

    /** After running freely: what was on the way is not known yet. */
    void settle() {
        lockstep.columns().forEach(Column::forget);
    }

    /** @param open views that are drawn only for those who want them */
    List<Views.Mode> draw(boolean running, OpenViews open) {
        lockstep.columns().forEach(column -> column.watch(open));
        if (!running) {
            follow();
            lockstep.columns().forEach(Column::recall);
        }
        return lockstep.columns().stream()
                .map(column -> new Portrait(this, column, running, open.syntax()).draw(memoryAddress, open))
                .toList();
    }

    long memory() {
        return lockstep.memory();
    }

    /** For a report: what was running. */
    String recipeText(List<String> modes) {
        return lockstep.columns().get(0).image().name() + " " + String.join(",", modes);
    }
}
