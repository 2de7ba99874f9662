package ringside.reference.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * What a kernel's instructions do, and what happens when they fail, is what QEMU and Bochs do, and the same under emulation and in the modes that
 * virtualize by hardware. By default a sample of the cases; with {@code -Dringside.long=true} all.
 */
class SystemAgreementTest {
    private static final int SAMPLE = 600;
    private static final int LEAST = 3000;
    private static final int IN_ONE_IMAGE = 600;

    /** Families in which QEMU is no reference: its translated code does none of what they ask about. */
    private static final Map<String, String> APART_FROM_QEMU = Map.of(
            "access", "SDM 3A, Limit Checking and Type Checking: QEMU checks neither, nor null selectors",
            "canonical", "SDM 1, Canonical Addressing: QEMU takes any target and MSR value, and #GP for #SS");

    /** A family that QEMU does not run at all: it tries a load of CR4.OSXSAVE again without end. */
    private static final String NOT_ON_QEMU = "xsave";

    private static final Pattern SHOWS_THE_PROCESSOR =
            Pattern.compile("SGDT|SIDT|SLDT|STR|SMSW|LAR|LSL|VERR|VERW|PUSHF|POPF|IRET");

    private final boolean all = Boolean.getBoolean("ringside.long");
    private final List<SystemCase> cases = chosen();
    private final SystemDifferences listed = SystemDifferences.read();
    private final Map<String, int[]> figures = new TreeMap<>();
    private final List<String> wrong = new ArrayList<>();

    private List<SystemCase> chosen() {
        List<SystemCase> every = SystemCases.all();
        assertThat(every).hasSizeGreaterThanOrEqualTo(LEAST);
        int step = all ? 1 : Math.max(1, every.size() / SAMPLE);
        return IntStream.range(0, every.size())
                .filter(i -> i % step == 0)
                .mapToObj(every::get)
                .toList();
    }

    @Test
    void everyCaseEndsAsOnQemuAndBochs() {
        compareAll(cases.stream().filter(SystemAgreementTest::runsOnQemu).toList(), true);
        compareAll(cases.stream().filter(given -> !runsOnQemu(given)).toList(), false);
        report();
        assertThat(wrong).as("cases that differ, ours / theirs").isEmpty();
        if (all) {
            assertThat(listed.unused())
                    .as("listed differences that no case needs")
                    .isEmpty();
        }
    }

    private static boolean runsOnQemu(SystemCase given) {
        return !given.family().equals(NOT_ON_QEMU);
    }

    private void compareAll(List<SystemCase> some, boolean onQemu) {
        for (List<SystemCase> part : SystemImage.divide(some, IN_ONE_IMAGE)) {
            var image = new SystemImage(part);
            List<String> ours = complete("ringside", part, Machines.ringside("bare", image));
            List<String> qemu = onQemu ? complete("qemu", part, Machines.qemu(image)) : List.of();
            List<String> bochs = complete("bochs", part, Machines.bochs(image));
            for (int i = 0; i < part.size(); i++) {
                compare(
                        part.get(i),
                        new Outcome(ours.get(i)),
                        onQemu ? Optional.of(new Outcome(qemu.get(i))) : Optional.empty(),
                        new Outcome(bochs.get(i)));
            }
        }
    }

    @Test
    void neitherEmulationNorHardwareVirtualizationChangesAnything() {
        for (List<SystemCase> part : SystemImage.divide(cases, IN_ONE_IMAGE)) {
            var image = new SystemImage(part);
            List<String> bare = Machines.ringside("bare", image);
            for (String mode : List.of("emulation", "vt-x", "amd-v", "kvm")) {
                List<String> lines = complete(mode, part, Machines.ringside(mode, image));
                for (int i = 0; i < part.size(); i++) {
                    String difference = new Outcome(bare.get(i)).differenceFrom(new Outcome(lines.get(i)));
                    if (!difference.isEmpty()) {
                        wrong.add(mode + ": " + part.get(i) + ": " + difference);
                    }
                }
            }
        }
        assertThat(wrong).as("cases that differ, bare / virtualized").isEmpty();
    }

    /** Kernels are translated. Programs run directly, and there what Robin and Irvine list shows the real processor. */
    @Test
    void underBinaryTranslationOnlyProgramsSeeTheRealProcessor() {
        List<SystemCase> some = IntStream.range(0, cases.size())
                .filter(i -> all || i % 3 == 0)
                .mapToObj(cases::get)
                .toList();
        for (List<SystemCase> part : SystemImage.divide(some, IN_ONE_IMAGE)) {
            var image = new SystemImage(part);
            List<String> bare = Machines.ringside("bare", image);
            List<String> lines = complete("binary-translation", part, Machines.ringside("binary-translation", image));
            for (int i = 0; i < part.size(); i++) {
                String difference = new Outcome(bare.get(i)).differenceFrom(new Outcome(lines.get(i)));
                if (!difference.isEmpty() && !mayLeak(part.get(i))) {
                    wrong.add(part.get(i) + ": " + difference);
                }
            }
        }
        assertThat(wrong).as("cases that differ, bare / translated").isEmpty();
    }

    /** Cases that say nothing of their ring run at ring 3. */
    private static boolean mayLeak(SystemCase given) {
        String text = given.toString();
        boolean ofKernel = text.contains("ring 0") || text.contains("real");
        return !ofKernel && SHOWS_THE_PROCESSOR.matcher(text).find();
    }

    private static List<String> complete(String who, List<SystemCase> part, List<String> lines) {
        if (lines.size() != part.size()) {
            throw new AssertionError(who + " did not come back from the case: " + part.get(lines.size()));
        }
        return lines;
    }

    private void compare(SystemCase given, Outcome ours, Optional<Outcome> qemu, Outcome bochs) {
        int[] counts = figures.computeIfAbsent(given.family(), f -> new int[4]);
        counts[0]++;
        // QEMU never pushes RF: SDM 3B, Instruction-Breakpoint Exception Condition.
        String fromQemu = qemu.map(outcome -> ours.withoutResumeFlag().differenceFrom(outcome.withoutResumeFlag()))
                .orElse("not run");
        String fromBochs = ours.differenceFrom(bochs);
        counts[1] += (fromQemu.isEmpty() || qemu.isEmpty()) && fromBochs.isEmpty() ? 1 : 0;
        counts[2] += fromQemu.isEmpty() ? 1 : 0;
        counts[3] += fromBochs.isEmpty() ? 1 : 0;
        if (qemu.isPresent()
                && !fromQemu.isEmpty()
                && !APART_FROM_QEMU.containsKey(given.family())
                && !listed.allow("qemu", given)) {
            wrong.add("qemu: " + given + ": " + fromQemu);
        }
        if (!fromBochs.isEmpty() && !listed.allow("bochs", given)) {
            wrong.add("bochs: " + given + ": " + fromBochs);
        }
    }

    /** Leaves the figures of every family in the build folder. */
    private void report() {
        var text = new StringBuilder("family            cases    both    qemu   bochs%n".formatted());
        int[] sum = new int[4];
        figures.forEach((family, counts) -> {
            text.append(line(family, counts));
            for (int i = 0; i < 4; i++) {
                sum[i] += counts[i];
            }
        });
        text.append(line("all", sum));
        try {
            var classes = SystemAgreementTest.class.getProtectionDomain().getCodeSource();
            Path folder = Path.of(classes.getLocation().toURI()).resolve("..").normalize();
            Files.writeString(folder.resolve("system-agreement.txt"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        System.out.printf("system agreement:%n%s%d differ unlisted%n", text, wrong.size());
    }

    private static String line(String family, int[] counts) {
        return "%-16s %6d  %6d  %6d  %6d%n".formatted(family, counts[0], counts[1], counts[2], counts[3]);
    }
}
