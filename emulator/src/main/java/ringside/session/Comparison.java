package ringside.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import ringside.cpu.Cpu;
import ringside.cpu.SystemState;
import ringside.replay.Timeline;

/** What is not as on a bare machine at the same guest time, in sentences. */
final class Comparison {
    /** More registers than these are counted, not named. */
    private static final int MOST_NAMED = 4;

    private Comparison() {}

    /** Compares registers and the system state that the guest believes in; memory and devices are not looked at. */
    static boolean guestSeesDifference(Timeline timeline, Timeline bare) {
        Cpu here = timeline.monitor().believed();
        Cpu there = bare.monitor().believed();
        return !here.registers.save().equals(there.registers.save()) || !sameSystem(here.system, there.system);
    }

    private static boolean sameSystem(SystemState a, SystemState b) {
        SystemState.State here = a.save();
        SystemState.State there = b.save();
        return here.cpl() == there.cpl()
                && here.flags() == there.flags()
                && a.cr0 == b.cr0
                && a.cr2 == b.cr2
                && a.cr3 == b.cr3
                && a.cr4 == b.cr4
                && a.efer == b.efer
                && a.gdtrBase == b.gdtrBase
                && a.gdtrLimit == b.gdtrLimit
                && a.idtrBase == b.idtrBase
                && a.idtrLimit == b.idtrLimit
                && selectors(here).equals(selectors(there));
    }

    private static List<Integer> selectors(SystemState.State state) {
        return state.segments().stream().map(segment -> segment.selector()).toList();
    }

    /**
     * In words.
     *
     * @param now the column's scene
     * @param bare the bare machine's, at the same time
     * @param culprit the instruction just performed, where the difference was not there before it
     */
    static List<Views.Difference> inWords(Scene now, Scene bare, Optional<Sentence> culprit) {
        List<Views.Difference> all = new ArrayList<>();
        List<Sentence> seen = seenByGuest(now, bare);
        if (!seen.isEmpty()) {
            culprit.ifPresent(seen::add);
            all.add(new Views.Difference(true, Sentence.of("difference.title"), seen));
        }
        List<Sentence> hidden = hiddenFromGuest(now, bare);
        if (!hidden.isEmpty()) {
            all.add(new Views.Difference(false, Sentence.of("pretence.title"), hidden));
        }
        return all;
    }

    /** Does a guest see a difference between these scenes? */
    static boolean differ(Scene a, Scene b) {
        return !seenByGuest(a, b).isEmpty();
    }

    private static List<Sentence> seenByGuest(Scene now, Scene bare) {
        List<Sentence> sentences = new ArrayList<>();
        if (!Objects.equals(now.believes("if"), bare.believes("if"))) {
            sentences.add(value("IF", bare.believes("if"), now.believes("if")));
        }
        boolean wide = now.bits() == 64;
        List<Sentence> others = new ArrayList<>();
        if (now.rip() != bare.rip()) {
            others.add(value(wide ? "RIP" : "EIP", Scene.hex(bare.rip()), Scene.hex(now.rip())));
        }
        for (int i = 0; i < 16; i++) {
            long here = now.general().get(i);
            long there = bare.general().get(i);
            if (here != there) {
                others.add(value(
                        Names.general(i, wide ? 64 : 32).toUpperCase(java.util.Locale.ROOT),
                        Scene.hex(there),
                        Scene.hex(here)));
            }
        }
        for (String name : Scene.NAMES) {
            var here = now.believes(name);
            var there = bare.believes(name);
            if (!name.equals("if") && !Objects.equals(here, there)) {
                others.add(value(Names.system(name), there, here));
            }
        }
        if (arithmetic(now) != arithmetic(bare)) {
            others.add(value(wide ? "RFLAGS" : "EFLAGS", Scene.hex(bare.flags()), Scene.hex(now.flags())));
        }
        sentences.addAll(others.subList(0, Math.min(MOST_NAMED, others.size())));
        if (others.size() > MOST_NAMED) {
            sentences.add(Sentence.of("difference.more", others.size() - MOST_NAMED));
        }
        return sentences;
    }

    private static long arithmetic(Scene scene) {
        return scene.flags() & ringside.cpu.Registers.UNPRIVILEGED;
    }

    private static Sentence value(String name, String bare, String here) {
        return Sentence.of("difference.value", name, bare, here);
    }

    /** What the processor has for itself while the guest believes what a bare machine has. */
    private static List<Sentence> hiddenFromGuest(Scene now, Scene bare) {
        List<String> parts = new ArrayList<>();
        for (String name : Scene.NAMES) {
            var real = now.has(name);
            if (!Objects.equals(real, bare.has(name)) && now.believes(name).equals(bare.believes(name))) {
                parts.add(Names.system(name) + "\u00A0=\u00A0" + real);
            }
        }
        if (parts.isEmpty()) {
            return List.of();
        }
        boolean many = parts.size() > MOST_NAMED;
        var named = String.join(", ", parts.subList(0, Math.min(MOST_NAMED, parts.size())));
        return List.of(
                many
                        ? Sentence.of("pretence.many", named, parts.size() - MOST_NAMED)
                        : Sentence.of("pretence.value", named));
    }
}
