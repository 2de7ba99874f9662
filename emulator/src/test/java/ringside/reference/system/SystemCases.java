package ringside.reference.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** All cases, the same in every run. */
final class SystemCases {
    private SystemCases() {}

    static List<SystemCase> all() {
        var cases = new ArrayList<SystemCase>();
        cases.addAll(SegmentCases.all(new Random(1)));
        cases.addAll(AccessCases.all(new Random(2)));
        cases.addAll(CheckCases.all(new Random(3)));
        cases.addAll(FarCases.all(new Random(4)));
        cases.addAll(InterruptCases.all(new Random(5)));
        cases.addAll(PagingCases.all(new Random(6)));
        cases.addAll(LongCases.all(new Random(7)));
        cases.addAll(FlagCases.all(new Random(8)));
        cases.addAll(ControlCases.all(new Random(9)));
        cases.addAll(ModeCases.all());
        cases.addAll(VirtualCases.all(new Random(10)));
        cases.addAll(TaskCases.all(new Random(11)));
        cases.addAll(FloatingCases.all());
        return cases;
    }
}
