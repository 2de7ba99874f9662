package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;

/** All cases of vmx-hypervisor.asm. */
final class VmxCases {
    private VmxCases() {}

    static List<VmxCase> all() {
        List<VmxCase> cases = new ArrayList<>();
        cases.addAll(VmxInstructionCases.all());
        cases.addAll(VmxAccessCases.all());
        cases.addAll(VmxPortCases.all());
        cases.addAll(VmxExceptionCases.all());
        cases.addAll(VmxDeliveryCases.all());
        cases.addAll(VmxInterruptCases.all());
        cases.addAll(VmxNestedCases.all());
        cases.addAll(VmxRootCases.all());
        cases.addAll(VmxInjectionCases.all());
        cases.addAll(VmxApicCases.all());
        cases.addAll(VmxEntryCases.all());
        cases.addAll(VmxNonMaskableCases.all());
        return cases;
    }
}
