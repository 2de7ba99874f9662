package ringside.monitor.container;

import org.jspecify.annotations.Nullable;

/** Everything that the kernel knows, RAM and the processor apart: copied as a whole, so that time can go back. */
final class KernelState implements Copies.Copied<KernelState> {
    Frames frames;
    ControlGroup groups;
    Namespaces.Pid pids;
    FileTree files;
    Task first;

    @Nullable
    Task current;

    long sliceEnd = Long.MAX_VALUE;

    /** The current task has said that others may run. */
    boolean yields;

    KernelState(Frames frames, ControlGroup groups, Namespaces.Pid pids, FileTree files, Task first) {
        this.frames = frames;
        this.groups = groups;
        this.pids = pids;
        this.files = files;
        this.first = first;
    }

    @Override
    public KernelState copy(Copies copies) {
        return copies.of(this, () -> new KernelState(frames, groups, pids, files, first), (from, to) -> {
            to.frames = from.frames.copy(copies);
            to.groups = from.groups.copy(copies);
            to.pids = from.pids.copy(copies);
            to.files = from.files.copy(copies);
            to.first = from.first.copy(copies);
            to.current = from.current == null ? null : from.current.copy(copies);
            to.sliceEnd = from.sliceEnd;
            to.yields = from.yields;
        });
    }
}
