package ringside.session;

import java.util.List;
import java.util.OptionalLong;
import ringside.image.XenKernel;

/** A guest on its machines, and the place in memory that is looked at. */
final class Lab {
    private final Lockstep lockstep;
    private long memoryAddress;
    private String memoryAddressTyped;

    Lab(Lockstep lockstep) {
        this.lockstep = lockstep;
        this.memoryAddress = start(lockstep.columns().get(0)) & ~0xFL;
        this.memoryAddressTyped = Scene.hex(memoryAddress);
        lockstep.columns().forEach(column -> column.look(memoryAddress));
    }

    /** Where the guest starts, also where another domain runs first. */
    private static long start(Column column) {
        Scene scene = column.scene();
        return column.image()
                .xenKernel()
                .filter(kernel -> !scene.domain().isEmpty())
                .map(XenKernel::entry)
                .orElseGet(scene::linear);
    }

    /** What the guest was assembled from, or nothing. */
    String source() {
        return lockstep.columns().get(0).image().source().orElse("");
    }

    Lockstep lockstep() {
        return lockstep;
    }

    String memoryAddressTyped() {
        return memoryAddressTyped;
    }

    /** The linear address that was typed, where somebody knows it. */
    OptionalLong addressOf(String typed) {
        var first = lockstep.columns().get(0);
        return Addresses.read(
                        typed,
                        first.image(),
                        first.scene(),
                        first.timeline().monitor().believed())
                .map(OptionalLong::of)
                .orElse(OptionalLong.empty());
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

    /** After running freely: what was on the way is not known yet. */
    void settle() {
        lockstep.columns().forEach(Column::forget);
    }

    /** @param open views that are drawn only for those who want them */
    List<Views.Mode> draw(boolean running, OpenViews open) {
        if (!running) {
            lockstep.columns().forEach(Column::recall);
        }
        return lockstep.columns().stream()
                .map(column -> new Portrait(lockstep, column, running).draw(memoryAddress, open))
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
