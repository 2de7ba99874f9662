package ringside.monitor.container;

import java.util.Collection;
import java.util.Optional;

/**
 * Who runs next: in each control group, of the tasks and groups in it that can run, the one that has had least time for its weight (the
 * idea of Linux's fair scheduler, and cpu.weight).
 */
final class Scheduler {
    /** What a task runs at least while others wait: Linux's base slice, 3 ms of guest time. */
    static final long SLICE = 3_000_000;

    private static final double TASK_WEIGHT = ControlGroup.USUAL_WEIGHT;

    private Scheduler() {}

    static boolean canRun(Task task) {
        return task.waiting == Task.Waiting.NOTHING;
    }

    /** The next task, if one can run. */
    static Optional<Task> next(ControlGroup group, Collection<Task> tasks) {
        Optional<Task> best = Optional.empty();
        Optional<ControlGroup> bestGroup = Optional.empty();
        double least = Double.POSITIVE_INFINITY;
        for (Task task : tasks) {
            double time = Math.max(task.virtualTime, group.floor);
            if (task.group == group && canRun(task) && time < least) {
                best = Optional.of(task);
                least = time;
            }
        }
        for (ControlGroup child : group.children) {
            double time = Math.max(child.virtualTime, group.floor);
            if (time < least && tasks.stream().anyMatch(task -> canRun(task) && task.group.isWithin(child))) {
                bestGroup = Optional.of(child);
                least = time;
            }
        }
        double time = least;
        if (bestGroup.isPresent()) {
            bestGroup.get().virtualTime = time;
            group.floor = time;
            return next(bestGroup.get(), tasks);
        }
        best.ifPresent(task -> {
            task.virtualTime = time;
            group.floor = time;
        });
        return best;
    }

    /** The task has run. */
    static void ran(Task task, long time) {
        task.virtualTime += time / TASK_WEIGHT;
        task.group.ran(time);
    }
}
