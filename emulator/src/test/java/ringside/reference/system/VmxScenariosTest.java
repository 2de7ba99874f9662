package ringside.reference.system;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * What a hypervisor on VMX sees of its guests, case by case, on our processor and on Bochs': exit reason, qualification, instruction length
 * and information, interruption and IDT-vectoring information, VM-instruction error, guest state, registers, memory. Each difference
 * is listed in vmx-differences.txt. The long run takes all cases, and each entry of the list is needed then; the other takes the
 * first of every form, and some more.
 */
class VmxScenariosTest {
    /** Of cases beside the first of their form, the sample has one in so many. */
    private static final int SPARSE = 40;

    private static final int AT_ONCE = 1500;

    private final VmxDifferences listed = VmxDifferences.read();
    private final List<String> wrong = new ArrayList<>();

    @Test
    void aHypervisorSeesTheSame() {
        boolean all = Boolean.getBoolean("ringside.long");
        List<VmxCase> cases = all ? VmxCases.all() : sample(VmxCases.all());
        for (int i = 0; i < cases.size(); i += AT_ONCE) {
            compare(cases.subList(i, Math.min(cases.size(), i + AT_ONCE)));
        }
        assertEquals("", String.join("\n", wrong), "ours / Bochs'");
        if (all) {
            assertEquals(List.of(), listed.unused(), "entries that excuse nothing");
        }
    }

    private static List<VmxCase> sample(List<VmxCase> cases) {
        Set<String> forms = new HashSet<>();
        List<VmxCase> sample = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            if (forms.add(cases.get(i).form()) || i % SPARSE == 0) {
                sample.add(cases.get(i));
            }
        }
        return sample;
    }

    private void compare(List<VmxCase> cases) {
        var image = new VmxImage(cases);
        var other = CompletableFuture.supplyAsync(() -> Machines.bochs(image.firmware(), Long.MAX_VALUE));
        List<String> ours = VmxOutcome.ringside(image);
        List<String> bochs = other.join();
        assertAll(
                () -> assertEquals(cases.size(), ours.size(), () -> "ours ends at " + cases.get(ours.size())),
                () -> assertEquals(cases.size(), bochs.size(), () -> "Bochs ends at " + cases.get(bochs.size())));
        for (int i = 0; i < cases.size(); i++) {
            var mine = new VmxOutcome(ours.get(i));
            var theirs = new VmxOutcome(bochs.get(i));
            String difference = mine.differenceFrom(theirs);
            if (!difference.isEmpty() && !listed.allow(cases.get(i), mine.differingNames(theirs))) {
                wrong.add(cases.get(i) + ": " + difference);
            }
        }
    }
}
