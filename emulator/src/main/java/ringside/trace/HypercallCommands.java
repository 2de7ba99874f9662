package ringside.trace;

import java.util.List;
import java.util.Map;

/** What the first argument of a hypercall asks for, by the names of Xen's public headers, where it is a number of a command. */
public final class HypercallCommands {
    // spotless:off
    private static final Map<String, List<String>> NAMES = Map.of(
            "xen_version",
                    List.of(
                            "version",
                            "extraversion",
                            "compile_info",
                            "capabilities",
                            "changeset",
                            "platform_parameters",
                            "get_features",
                            "pagesize",
                            "guest_handle",
                            "commandline",
                            "build_id"),
            "console_io", List.of("write", "read"),
            "grant_table_op",
                    List.of(
                            "map_grant_ref",
                            "unmap_grant_ref",
                            "setup_table",
                            "dump_table",
                            "transfer",
                            "copy",
                            "query_size",
                            "unmap_and_replace",
                            "set_version",
                            "get_status_frames",
                            "get_version"),
            "vm_assist", List.of("enable", "disable"),
            "vcpu_op",
                    List.of(
                            "initialise",
                            "up",
                            "down",
                            "is_up",
                            "get_runstate_info",
                            "register_runstate_memory_area",
                            "set_periodic_timer",
                            "stop_periodic_timer",
                            "set_singleshot_timer",
                            "stop_singleshot_timer",
                            "register_vcpu_info",
                            "send_nmi",
                            "get_physid",
                            "register_vcpu_time_memory_area"),
            "sched_op", List.of("yield", "block", "shutdown", "poll", "remote_shutdown", "shutdown_code", "watchdog"),
            "callback_op", List.of("register", "unregister"),
            "event_channel_op",
                    List.of(
                            "bind_interdomain",
                            "bind_virq",
                            "bind_pirq",
                            "close",
                            "send",
                            "status",
                            "alloc_unbound",
                            "bind_ipi",
                            "bind_vcpu",
                            "unmask",
                            "reset"));
    // spotless:on

    private HypercallCommands() {}

    /**
     * The name of a command.
     *
     * @param call the hypercall's name
     * @param argument its first argument
     * @return empty where the argument is none, or of no known command
     */
    public static String name(String call, long argument) {
        List<String> names = NAMES.getOrDefault(call, List.of());
        return argument >= 0 && argument < names.size() ? names.get((int) argument) : "";
    }
}
