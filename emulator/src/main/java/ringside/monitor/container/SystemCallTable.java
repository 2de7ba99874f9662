package ringside.monitor.container;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All system calls of this kernel, by number. */
final class SystemCallTable {
    private static final Map<Integer, SystemCall> CALLS = Stream.of(
                    FileCalls.ROWS, MemoryCalls.ROWS, ProcessCalls.ROWS, NamespaceCalls.ROWS)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableMap(SystemCall::number, Function.identity()));

    private SystemCallTable() {}

    /** The call of this number: of one that there is not, a call that says so. */
    static SystemCall call(int number) {
        return CALLS.getOrDefault(number, new SystemCall(number, "syscall_" + number, (kernel, task, arguments) -> {
            throw Errno.ENOSYS.failure();
        }));
    }
}
