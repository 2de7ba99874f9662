package ringside.monitor.paravirtual;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All hypercalls, by number. */
final class HypercallTable {
    private static final Map<Integer, Hypercall> CALLS = Stream.of(
                    TrapCalls.ROWS,
                    TableCalls.ROWS,
                    MemoryCalls.ROWS,
                    DescriptorCalls.ROWS,
                    SchedulingCalls.ROWS,
                    EventCalls.ROWS,
                    GrantCalls.ROWS,
                    InformationCalls.ROWS,
                    DomainCalls.ROWS,
                    DeviceModelCalls.ROWS,
                    RefusedCalls.ROWS)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableMap(Hypercall::number, Function.identity()));

    private HypercallTable() {}

    /** The hypercall of this number: of one that there is not, a call that says so. */
    static Hypercall call(int number) {
        return CALLS.getOrDefault(number, new Hypercall(number, "hypercall_" + number, (domain, arguments) -> {
            throw Errno.ENOSYS.failure();
        }));
    }
}
