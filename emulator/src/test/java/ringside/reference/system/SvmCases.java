package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;

/** Every case of the comparison of SVM. */
final class SvmCases {
    private SvmCases() {}

    static List<SvmCase> all() {
        List<SvmCase> cases = new ArrayList<>();
        cases.addAll(SvmInstructionCases.all());
        cases.addAll(SvmEventCases.all());
        cases.addAll(SvmEntryCases.all());
        cases.addAll(SvmNestedCases.all());
        return cases;
    }
}
