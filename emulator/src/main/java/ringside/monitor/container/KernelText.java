package ringside.monitor.container;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import ringside.probe.Inspection;
import ringside.probe.Inspection.Group;
import ringside.probe.Inspection.Item;
import ringside.probe.Inspection.Term;

/** What the one kernel keeps of its processes: Linux, namespaces(7), Control Group v2, Seccomp BPF. */
final class KernelText {
    private static final int MOST = 64;
    private static final int MOST_NAME = 64;

    private final KernelState state;

    /** Namespaces have no names: they are numbered as they are met, the host's first. */
    private final Map<Object, Integer> numbers = new IdentityHashMap<>();

    private KernelText(KernelState state) {
        this.state = state;
    }

    static Inspection of(KernelState state) {
        return new KernelText(state).told();
    }

    private Inspection told() {
        List<Group> groups = new ArrayList<>();
        List<Task> tasks = new ArrayList<>(state.pids.tasks.values());
        List<Item> processes = new ArrayList<>();
        tasks.stream().limit(MOST).forEach(task -> processes.add(process(task)));
        groups.add(new Group(Term.of("container.processes"), processes, tasks.size() - processes.size()));
        List<Item> namespaces = new ArrayList<>();
        tasks.stream().limit(MOST).forEach(task -> addNamespaces(task, namespaces));
        groups.add(Group.of("container.namespaces", namespaces));
        List<Item> controls = new ArrayList<>();
        addGroups(state.groups, controls);
        groups.add(Group.of("container.groups", controls));
        return new Inspection(groups);
    }

    /** The number of a namespace of some kind, which gets one when it is met first. */
    private int number(Object namespace) {
        return numbers.computeIfAbsent(
                namespace,
                one -> 1
                        + (int) numbers.keySet().stream()
                                .filter(other -> other.getClass() == one.getClass())
                                .count());
    }

    private Item process(Task task) {
        List<Term> words = new ArrayList<>();
        words.add(Term.of("container.as-inside", task.pids.number(task)));
        words.add(Term.of("container.user", task.user, task.users.inward(task.user, false)));
        words.add(Term.of("container.resident", task.memory.resident()));
        words.add(Term.of("container.in-group", shortened(task.group.path())));
        words.add(Term.of(
                "container.spaces", number(task.pids), number(task.uts), number(task.users), number(task.mounts)));
        if (task.privileged) {
            words.add(Term.of("container.privileged"));
        }
        if (task.noNewPrivileges) {
            words.add(Term.of("container.no-new-privileges"));
        }
        if (!task.filters.isEmpty()) {
            words.add(Term.of(
                    "container.seccomp",
                    task.filters.size(),
                    task.filters.stream().mapToInt(SeccompFilter::length).sum()));
        }
        return Item.text(
                        "pid " + state.pids.number(task),
                        task == state.current
                                ? "RUNNING"
                                : task.waiting == Task.Waiting.NOTHING ? "READY" : "WAITS_FOR_" + task.waiting.name())
                .saying(words);
    }

    private void addNamespaces(Task task, List<Item> items) {
        add(items, "pid", number(task.pids), Term.of("container.tasks", task.pids.tasks.size()));
        add(items, "uts", number(task.uts), Term.of("container.host-name", shortened(task.uts.nodeName)));
        var map = task.users.users;
        add(
                items,
                "user",
                number(task.users),
                map.count() == 0
                        ? Term.of("container.no-map")
                        : Term.of("container.map", map.inside(), map.outside(), map.count()));
        add(items, "mnt", number(task.mounts), Term.of("container.mounts", task.mounts.mounts.size()));
    }

    /** Named as links in /proc name them. */
    private static void add(List<Item> items, String kind, int number, Term word) {
        String name = kind + ":[" + number + "]";
        if (items.stream().noneMatch(item -> item.name().equals(name))) {
            items.add(Item.text(name, "").saying(List.of(word)));
        }
    }

    private void addGroups(ControlGroup group, List<Item> items) {
        if (items.size() == MOST) {
            return;
        }
        List<Term> words = new ArrayList<>();
        words.add(
                group.memoryLimit == ControlGroup.UNLIMITED
                        ? Term.of("container.memory", group.memory)
                        : Term.of("container.memory-of", group.memory, group.memoryLimit));
        words.add(
                group.taskLimit == ControlGroup.UNLIMITED
                        ? Term.of("container.tasks", group.tasks)
                        : Term.of("container.tasks-of", group.tasks, group.taskLimit));
        words.add(Term.of("container.weight", group.weight));
        words.add(Term.of("container.ran", group.ran));
        if (group.killedOutOfMemory != 0) {
            words.add(Term.of("container.killed", group.killedOutOfMemory));
        }
        items.add(Item.text(shortened(group.path()), "").saying(words));
        group.children.forEach(child -> addGroups(child, items));
    }

    private static String shortened(String text) {
        return text.length() <= MOST_NAME ? text : text.substring(0, MOST_NAME) + "…";
    }
}
