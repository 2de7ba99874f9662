package ringside.monitor.container;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A control group: how much memory and how many tasks it may have, and which share of the processor (Linux, Control Group v2). Limits hold
 * for a group with all groups below it.
 */
final class ControlGroup implements Copies.Copied<ControlGroup> {
    static final long UNLIMITED = Long.MAX_VALUE;
    static final int USUAL_WEIGHT = 100;
    static final int MOST_WEIGHT = 10_000;

    /** Groups of a host: cgroup.max.descendants. */
    static final int MOST_DESCENDANTS = 64;

    private @Nullable ControlGroup parent;
    private String name = "";
    final List<ControlGroup> children = new ArrayList<>();

    /** In bytes, a multiple of the page size. */
    long memoryLimit = UNLIMITED;

    long memory;
    long outOfMemory;
    long killedOutOfMemory;
    long taskLimit = UNLIMITED;
    long tasks;
    long tasksRefused;
    int weight = USUAL_WEIGHT;

    /** Guest time that its tasks ran, in nanoseconds. */
    long ran;

    /** Guest time divided by the weight: who has least runs next. */
    double virtualTime;

    /** The virtual time of who ran last in it: nobody saves up time by sleeping. */
    double floor;

    /** Which controllers groups below may use. */
    boolean givesMemory;

    boolean givesTasks;
    boolean givesProcessor;

    static ControlGroup root() {
        return new ControlGroup();
    }

    ControlGroup child(String childName) {
        ControlGroup child = new ControlGroup();
        child.parent = this;
        child.name = childName;
        child.virtualTime = floor;
        children.add(child);
        return child;
    }

    /** Groups below this one. */
    int descendants() {
        return children.stream().mapToInt(child -> 1 + child.descendants()).sum();
    }

    void remove() {
        if (parent != null) {
            parent.children.remove(this);
        }
    }

    /** From the root, with a slash before each name. */
    String path() {
        return parent == null ? "/" : (parent.parent == null ? "" : parent.path()) + "/" + name;
    }

    @Nullable
    ControlGroup parent() {
        return parent;
    }

    boolean isWithin(ControlGroup other) {
        return this == other || parent != null && parent.isWithin(other);
    }

    /** The group, here or above, whose memory limit these bytes would pass. */
    @Nullable
    ControlGroup refusing(long bytes) {
        if (memoryLimit - memory < bytes) {
            return this;
        }
        return parent == null ? null : parent.refusing(bytes);
    }

    void charge(long bytes) {
        memory += bytes;
        if (parent != null) {
            parent.charge(bytes);
        }
    }

    /** A limit was reached, and a task of this group or one below ended for it. */
    void outOfMemory(ControlGroup victim) {
        for (ControlGroup g = this; g != null; g = g.parent) {
            g.outOfMemory++;
        }
        for (ControlGroup g = victim; g != null; g = g.parent) {
            g.killedOutOfMemory++;
        }
    }

    /** A task more. */
    void addTask() {
        for (ControlGroup g = this; g != null; g = g.parent) {
            if (g.tasks >= g.taskLimit) {
                tasksRefused++;
                throw Errno.EAGAIN.failure();
            }
        }
        moveTasks(1);
    }

    /** Tasks that came or went without asking: a limit does not hold back what is moved in. */
    void moveTasks(int count) {
        tasks += count;
        if (parent != null) {
            parent.moveTasks(count);
        }
    }

    void ran(long time) {
        ran += time;
        virtualTime += (double) time / weight;
        if (parent != null) {
            parent.ran(time);
        }
    }

    @Override
    public ControlGroup copy(Copies copies) {
        return copies.of(this, ControlGroup::new, (from, to) -> {
            to.parent = from.parent == null ? null : from.parent.copy(copies);
            to.name = from.name;
            to.children.addAll(copies.all(from.children));
            to.memoryLimit = from.memoryLimit;
            to.memory = from.memory;
            to.outOfMemory = from.outOfMemory;
            to.killedOutOfMemory = from.killedOutOfMemory;
            to.taskLimit = from.taskLimit;
            to.tasks = from.tasks;
            to.tasksRefused = from.tasksRefused;
            to.weight = from.weight;
            to.ran = from.ran;
            to.virtualTime = from.virtualTime;
            to.floor = from.floor;
            to.givesMemory = from.givesMemory;
            to.givesTasks = from.givesTasks;
            to.givesProcessor = from.givesProcessor;
        });
    }
}
