package ringside.reference.system;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * What a hypervisor on VMX sees of its guests, case by case, on our processor and on Bochs': exit reason, qualification, instruction length
 * and information, interruption and IDT-vectoring information, VM-instruction error, guest state, registers, memory. Each difference
 * is listed in vmx-differences.txt, and each entry there is needed.
 */
class VmxScenariosTest {
    @Test
    void aHypervisorSeesTheSame() {
        List<VmxCase> cases = VmxCases.all();
        var image = new VmxImage(cases);
        var other = CompletableFuture.supplyAsync(() -> Machines.bochs(image.firmware(), Long.MAX_VALUE));
        List<String> ours = VmxOutcome.ringside(image);
        List<String> bochs = other.join();
        assertAll(
                () -> assertEquals(cases.size(), ours.size(), () -> "ours ends at " + cases.get(ours.size())),
                () -> assertEquals(cases.size(), bochs.size(), () -> "Bochs ends at " + cases.get(bochs.size())));
        var listed = VmxDifferences.read();
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            var mine = new VmxOutcome(ours.get(i));
            var theirs = new VmxOutcome(bochs.get(i));
            String difference = mine.differenceFrom(theirs);
            if (!difference.isEmpty() && !listed.allow(cases.get(i), mine.differingNames(theirs))) {
                wrong.add(cases.get(i) + ": " + difference);
            }
        }
        assertEquals("", String.join("\n", wrong), "ours / Bochs'");
        assertEquals(List.of(), listed.unused(), "entries that excuse nothing");
    }
}
