package ringside.device;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A second 8259A, written from the data sheet's prose with sets and a list of levels in order of priority, and sharing
 * nothing with {@link Pic8259}. One chip, 8086 mode.
 */
final class SimplePic {
    final TreeSet<Integer> high = new TreeSet<>();
    final TreeSet<Integer> latched = new TreeSet<>();
    final TreeSet<Integer> served = new TreeSet<>();
    final TreeSet<Integer> masked = new TreeSet<>();
    final List<Integer> priority = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5, 6, 7));
    boolean levelTriggered;
    boolean autoEoi;
    boolean specialMask;
    boolean rotateInAutoEoi;
    boolean ready;

    void initialize(boolean level, boolean auto) {
        levelTriggered = level;
        autoEoi = auto;
        latched.clear();
        served.clear();
        masked.clear();
        lowest(7);
        specialMask = false;
        rotateInAutoEoi = false;
        ready = true;
    }

    void lowest(int level) {
        while (priority.get(7) != level) {
            priority.add(priority.remove(0));
        }
    }

    void line(int level, boolean up) {
        if (up && high.add(level)) {
            latched.add(level);
        } else if (!up && high.remove(level)) {
            latched.remove(level);
        }
    }

    Set<Integer> requests() {
        return levelTriggered ? high : latched;
    }

    /** The level that asks with success, or -1. */
    int asks() {
        for (int level : ready ? priority : List.<Integer>of()) {
            boolean inTheWay = served.contains(level) && !(specialMask && masked.contains(level));
            if (inTheWay) {
                return -1;
            }
            if (requests().contains(level) && !masked.contains(level)) {
                return level;
            }
        }
        return -1;
    }

    int acknowledge() {
        int level = asks();
        if (level >= 0) {
            latched.remove(level);
            if (!autoEoi) {
                served.add(level);
            } else if (rotateInAutoEoi) {
                lowest(level);
            }
        }
        return level;
    }

    void end(boolean specific, int level, boolean rotate) {
        Integer ended = specific
                ? Integer.valueOf(level)
                : priority.stream()
                        .filter(l -> served.contains(l) && !(specialMask && masked.contains(l)))
                        .findFirst()
                        .orElse(-1);
        served.remove(ended);
        if (rotate && ended >= 0) {
            lowest(ended);
        }
    }

    static int bits(Iterable<Integer> levels) {
        int bits = 0;
        for (int level : levels) {
            bits |= 1 << level;
        }
        return bits;
    }
}
