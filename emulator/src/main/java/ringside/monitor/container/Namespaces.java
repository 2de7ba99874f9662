package ringside.monitor.container;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a task sees of its host: Linux, namespaces(7). Tasks that share one see the same. */
final class Namespaces {
    // What clone and unshare ask for: include/uapi/linux/sched.h.
    static final long NEW_MOUNTS = 0x0002_0000;
    static final long NEW_UTS = 0x0400_0000;
    static final long NEW_USERS = 0x1000_0000;
    static final long NEW_PIDS = 0x2000_0000;
    static final long ALL = NEW_MOUNTS | NEW_UTS | NEW_USERS | NEW_PIDS;

    private Namespaces() {}

    /** The host's name. */
    static final class Uts implements Copies.Copied<Uts> {
        private User owner;
        String nodeName = "ringside";

        Uts(User owner) {
            this.owner = owner;
        }

        /** The user namespace that it belongs to: whose root may change it. */
        User owner() {
            return owner;
        }

        @Override
        public Uts copy(Copies copies) {
            return copies.of(this, () -> new Uts(owner), (from, to) -> {
                to.owner = from.owner.copy(copies);
                to.nodeName = from.nodeName;
            });
        }
    }

    /** Process numbers. A task has one in its own namespace and in each above it. */
    static final class Pid implements Copies.Copied<Pid> {
        static final int MOST_TASKS = 64;
        static final int MOST_DEPTH = 32;

        private @Nullable Pid parent;
        private int last;
        final TreeMap<Integer, Task> tasks = new TreeMap<>();

        /** Its first task has ended: nothing may start in it any more. */
        boolean dead;

        Pid(@Nullable Pid parent) {
            this.parent = parent;
        }

        @Nullable
        Pid parent() {
            return parent;
        }

        int depth() {
            return parent == null ? 1 : parent.depth() + 1;
        }

        /** A new one in this one; ENOSPC where they are too deep. */
        Pid below() {
            if (depth() == MOST_DEPTH) {
                throw Errno.ENOSPC.failure();
            }
            return new Pid(this);
        }

        /** Numbers up to this one are not given away. */
        void reserve(int number) {
            last = number;
        }

        /** Gives the task numbers here and above. */
        void enter(Task task) {
            for (Pid ns = this; ns != null; ns = ns.parent) {
                ns.tasks.put(++ns.last, task);
            }
        }

        void leave(Task task) {
            for (Pid ns = this; ns != null; ns = ns.parent) {
                ns.tasks.values().removeIf(one -> one == task);
            }
        }

        /** The task's number as this namespace counts; 0 where it cannot see it. */
        int number(Task task) {
            return tasks.entrySet().stream()
                    .filter(entry -> entry.getValue() == task)
                    .mapToInt(entry -> entry.getKey())
                    .findFirst()
                    .orElse(0);
        }

        @Override
        public Pid copy(Copies copies) {
            return copies.of(this, () -> new Pid(null), (from, to) -> {
                to.parent = from.parent == null ? null : from.parent.copy(copies);
                to.last = from.last;
                to.dead = from.dead;
                from.tasks.forEach((number, task) -> to.tasks.put(number, task.copy(copies)));
            });
        }
    }

    /** Which trees hang where. */
    static final class Mounts implements Copies.Copied<Mounts> {
        /** @param place the directory that it hides */
        record Mount(Inode place, Inode root) {}

        private User owner;
        private Inode root;
        final List<Mount> mounts = new ArrayList<>();

        Mounts(User owner, Inode root) {
            this.owner = owner;
            this.root = root;
        }

        User owner() {
            return owner;
        }

        Inode root() {
            return root;
        }

        /** A copy for another user namespace: what is mounted later in one is not in the other. */
        Mounts clone(User newOwner) {
            Mounts clone = new Mounts(newOwner, root);
            clone.mounts.addAll(mounts);
            return clone;
        }

        /** What is seen in the directory's place. */
        Inode over(Inode directory) {
            Inode seen = directory;
            for (Mount mount : mounts) {
                if (mount.place == seen) {
                    seen = mount.root;
                }
            }
            return seen;
        }

        @Override
        public Mounts copy(Copies copies) {
            return copies.of(this, () -> new Mounts(owner, root), (from, to) -> {
                to.owner = from.owner.copy(copies);
                to.root = from.root.copy(copies);
                from.mounts.forEach(
                        mount -> to.mounts.add(new Mount(mount.place.copy(copies), mount.root.copy(copies))));
            });
        }
    }

    /** Users: which numbers inside are which outside (user_namespaces(7)). A map has one line. */
    static final class User implements Copies.Copied<User> {
        static final int NOBODY = 65_534;
        static final int MOST_DEPTH = 32;

        /** @param inside first number inside; @param outside first number in the parent; @param count how many */
        record Map(long inside, long outside, long count) {
            static final Map NONE = new Map(0, 0, 0);
            static final Map ALL = new Map(0, 0, 0xFFFF_FFFFL);
        }

        private @Nullable User parent;

        /** Who made it, as the host counts. */
        private int creator;

        Map users = Map.NONE;
        Map groups = Map.NONE;

        /** May setgroups be called? "deny" must be written before an unprivileged map of groups. */
        boolean deniesGroups;

        private User() {}

        static User host() {
            User host = new User();
            host.users = Map.ALL;
            host.groups = Map.ALL;
            return host;
        }

        User(User parent, int creator) {
            this.parent = parent;
            this.creator = creator;
        }

        @Nullable
        User parent() {
            return parent;
        }

        int creator() {
            return creator;
        }

        int depth() {
            return parent == null ? 1 : parent.depth() + 1;
        }

        /** A number inside as the host counts; -1 where nothing is mapped. */
        long outward(long number, boolean group) {
            Map map = group ? groups : users;
            if (number < map.inside || number - map.inside >= map.count) {
                return -1;
            }
            long above = number - map.inside + map.outside;
            return parent == null ? above : parent.outward(above, group);
        }

        /** The host's number as it is seen inside; {@link #NOBODY} where nothing is mapped. */
        long inward(long number, boolean group) {
            Map map = group ? groups : users;
            long above = parent == null ? number : parent.inward(number, group);
            if (above < map.outside || above - map.outside >= map.count) {
                return NOBODY;
            }
            return above - map.outside + map.inside;
        }

        @Override
        public User copy(Copies copies) {
            return copies.of(this, User::new, (from, to) -> {
                to.parent = from.parent == null ? null : from.parent.copy(copies);
                to.creator = from.creator;
                to.users = from.users;
                to.groups = from.groups;
                to.deniesGroups = from.deniesGroups;
            });
        }
    }
}
