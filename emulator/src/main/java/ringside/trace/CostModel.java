package ringside.trace;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import ringside.monitor.Options.Generation;
import ringside.probe.Event;

/**
 * What events would cost on real machines: a small table of published numbers. No line was measured here, and lines come from different
 * processors, so the sum is a <em>model</em>: good for orders of magnitude, not for a comparison of two processors.
 *
 * <p>An ordinary instruction is charged one cycle, which is an assumption and no measurement. For a micro-operation of an emulator no
 * published number was found, so there is no line: where everything is translated, the sum is that of the guest's own instructions.
 */
public final class CostModel {
    /** How sure a number is. */
    public enum Evidence {
        /** Read in the primary text. */
        PRIMARY,
        /** Read in a later book or transcription of the primary text. */
        SECONDARY,
        /** Computed from such numbers, or assumed; the line says how. */
        DERIVED
    }

    /**
     * One line of the table.
     *
     * @param event what is charged, for people
     * @param cycles of the processor named
     * @param processor the processor and its year, as the source names it
     * @param source paper or message, and what was measured there
     */
    public record Line(String event, long cycles, String processor, Evidence evidence, String source) {
        /** The paper or message alone. */
        public String citation() {
            return CITATIONS.stream().filter(source::startsWith).findFirst().orElseThrow();
        }

        /** What was measured there, and what is taken for it. */
        public String measured() {
            return source.substring(citation().length() + ": ".length());
        }
    }

    /** So many lines at the beginning of the table are about exits that have lines of their own. */
    private static final int FIRST_LINES = 5;

    private record Rule(Predicate<Event> charges, Line line) {}

    private static final String ADAMS_AGESEN =
            "K. Adams, O. Agesen: A Comparison of Software and Hardware Techniques for x86 Virtualization, ASPLOS 2006";
    private static final String UNIT_TESTS = "kvm-unit-tests, commit 00bfecaa (2012)";
    private static final String SPLITX = "A. Landau, M. Ben-Yehuda, A. Gordon: SplitX, HotCloud 2011";
    private static final String BUGNION =
            "E. Bugnion, J. Nieh, D. Tsafrir: Hardware and Software Support for Virtualization, 2017, table 4.3";
    private static final String XEN = "Xen, commits db82fef5d6 and f64b7618e1 (2007)";
    private static final String KVM_LIST = "kvm mailing list, thread on vmload and vmsave, December 2020";
    private static final String SECCOMP = "libseccomp, issue 116 (2018)";
    private static final List<String> CITATIONS =
            List.of(ADAMS_AGESEN, UNIT_TESTS, SPLITX, BUGNION, XEN, KVM_LIST, SECCOMP);
    private static final String PENTIUM_4 = "Pentium 4 model 672, 3.8 GHz (2005)";
    private static final String UNNAMED = "processor not named (2012)";
    private static final String UNNAMED_2018 = "processor not named (2018)";
    private static final String AMD = "AMD processor not named (2020)";
    private static final String NEHALEM = "Xeon X5570, 2.93 GHz, Linux 2.6.34, with EPT and VPID (2011)";

    // The first line that fits is charged; what a switch of worlds costs is found before, by generation.
    // spotless:off
    private static final List<Rule> RULES = List.of(
            rule(CostModel::isUserExit,
                "VM exit answered in user space", 20_574, UNNAMED, Evidence.PRIMARY, UNIT_TESTS + ": inl from QEMU"),
            rule(e -> isKernelExit(e) && (e.reason().equals("IO_INSTRUCTION") || e.reason().equals("IOIO")),
                "port access answered in KVM", 7_237, UNNAMED, Evidence.PRIMARY, UNIT_TESTS + ": inl from kernel"),
            rule(CostModel::isKernelExit,
                "VM exit answered in KVM", 3_898, UNNAMED, Evidence.PRIMARY, UNIT_TESTS + ": vmcall, taken for every other exit"),
            rule(CostModel::isDeviceModelExit,
                "VM exit answered by the device model in domain 0", 20_574, UNNAMED, Evidence.DERIVED, UNIT_TESTS + ": inl from QEMU under KVM; no number for Xen's way to domain 0 was found, which is longer by a switch of domains"),
            rule(e -> e instanceof Event.Step,
                "step of an answer", 0, UNNAMED, Evidence.DERIVED, UNIT_TESTS + ": charged with the exit that is answered"),
            rule(e -> isExit(e, "callout"),
                "callout of translated code", 214, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": IN, software VMM, taken for every instruction that a callout performs"),
            rule(e -> isExit(e, "look-up"),
                "return or indirect jump of translated code", 51, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": call and return, software VMM, taken for the return alone"),
            rule(e -> isExit(e, "translation"),
                "question to the translator", 2_300, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": the translator's cost for one instruction, taken for each question that it is asked"),
            rule(e -> isExit(e, "scan"),
                "scan of kernel code", 2_300, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": the translator's cost for one instruction, taken for each scan; no number for VirtualBox was found"),
            rule(e -> isExit(e, "patch"),
                "interrupt instruction of a patch", 3_223, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": divide-by-zero, software VMM, taken for INT3 and UD2 of a patch"),
            rule(e -> isExit(e, "trap") && e.reason().equals("PAGE_FAULT"),
                "page fault taken by a monitor in software", 3_927, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": page fault, software VMM"),
            rule(e -> isExit(e, "hidden"),
                "page fault that fills the shadow tables", 3_927, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": page fault, software VMM"),
            rule(e -> isExit(e, "trap"),
                "fault taken by a monitor in software", 3_223, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": divide-by-zero, software VMM, taken for every fault"),
            rule(e -> isExit(e, "interpreted"),
                "instruction interpreted by the monitor", 3_300, UNNAMED, Evidence.DERIVED, UNIT_TESTS + ": inl less outl and vmcall, the cost of emulating an instruction"),
            rule(e -> isExit(e, "system-call"),
                "system call of a program", 138, UNNAMED_2018, Evidence.PRIMARY, SECCOMP + ": getppid without a filter, the least, taken for every call"),
            rule(e -> isExit(e, "exception") && e.reason().equals("PAGE_FAULT"),
                "page fault taken by the host's kernel", 1_093, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": page fault, native"),
            rule(e -> isExit(e, "exception"),
                "other exception or interrupt taken by the host's kernel", 889, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": divide-by-zero, native, taken for every vector"),
            rule(e -> isExit(e, "hypercall"),
                "hypercall of a paravirtualized guest", 138, UNNAMED_2018, Evidence.DERIVED, SECCOMP + ": getppid, a system call; no number for a hypercall was found, and it enters by the same instruction"),
            rule(e -> isExit(e, "xen-trap") && e.reason().equals("PAGE_FAULT"),
                "page fault taken by Xen", 1_093, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": page fault, native, taken for the way into Xen; what the guest is delivered is charged for itself"),
            rule(e -> isExit(e, "xen-trap"),
                "other exception or interrupt taken by Xen", 889, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": divide-by-zero, native, taken for the way into Xen, and for every vector"),
            rule(e -> e instanceof Event.Exit,
                "any other turn of the monitor", 3_223, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": divide-by-zero, software VMM, taken for what has no line"),
            rule(e -> e.reason().equals("PAGE_FAULT"),
                "page fault delivered to the guest", 1_093, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": page fault, native"),
            rule(e -> true,
                "other exception or interrupt delivered to the guest", 889, PENTIUM_4, Evidence.SECONDARY, ADAMS_AGESEN + ": divide-by-zero, native, taken for every vector"));
    private static Rule vtX(Generation generation) {
        return switch (generation) {
            case YEAR_2005 -> rule(e -> isExit(e, "vm-exit"),
                "VM exit and entry", 4_340, PENTIUM_4, Evidence.DERIVED, ADAMS_AGESEN + ": page-fault exit 1,931, entry 2,409");
            case YEAR_2008 -> rule(e -> isExit(e, "vm-exit"),
                "VM exit and entry", 1_716, "Penryn (2008)", Evidence.DERIVED, BUGNION + ": page-fault exit 858; the entry is assumed to cost as much");
            case YEAR_2010 -> rule(e -> isExit(e, "vm-exit"),
                "VM exit and entry", 2_000, NEHALEM, Evidence.PRIMARY, SPLITX + ": direct cost of a world switch");
            case TODAY -> rule(e -> isExit(e, "vm-exit"),
                "VM exit and entry", 1_062, "Broadwell (2014)", Evidence.DERIVED, BUGNION + ": page-fault exit 531; the entry is assumed to cost as much");
        };
    }

    private static Rule amdV(Generation generation) {
        return switch (generation) {
            case YEAR_2005, YEAR_2008, YEAR_2010 -> rule(e -> isExit(e, "vmexit"),
                "#VMEXIT and VMRUN of AMD-V", 3_300, "AMD X2 (2007)", Evidence.PRIMARY, XEN + ": null hypercall after tuning, with Xen's own work");
            case TODAY -> rule(e -> isExit(e, "vmexit"),
                "#VMEXIT and VMRUN of AMD-V", 1_376, AMD, Evidence.PRIMARY, KVM_LIST + ": the part of KVM_RUN from VMRUN to #VMEXIT");
        };
    }
    // spotless:on

    /** Of hardware as it is today, or was in the latest year that a source measured. */
    public static final CostModel TODAY = of(Generation.TODAY);

    private final List<Rule> rules;

    private CostModel(Generation generation) {
        // Exits that KVM or domain 0 answers have lines of their own, which come first.
        rules = Stream.concat(
                        RULES.stream().limit(FIRST_LINES),
                        Stream.concat(
                                Stream.of(vtX(generation), amdV(generation)),
                                RULES.stream().skip(FIRST_LINES)))
                .toList();
    }

    /** The costs of a generation's hardware, as far as they have been published. */
    public static CostModel of(Generation generation) {
        return new CostModel(generation);
    }

    private static Rule rule(
            Predicate<Event> charges, String event, long cycles, String processor, Evidence evidence, String source) {
        return new Rule(charges, new Line(event, cycles, processor, evidence, source));
    }

    private static boolean isExit(Event event, String kind) {
        return event instanceof Event.Exit && event.kind().equals(kind);
    }

    private static boolean isKernelExit(Event event) {
        return event instanceof Event.Exit exit && exit.answeredBy().equals("kvm-kernel");
    }

    private static boolean isUserExit(Event event) {
        return event instanceof Event.Exit exit && exit.answeredBy().equals("kvm-user");
    }

    /**
     * Beside exits of guest mode, domain 0 answers for the devices of paravirtual domains. Where it is a guest itself, what it does for an answer is
     * charged as it happens.
     */
    private static boolean isDeviceModelExit(Event event) {
        return event instanceof Event.Exit exit
                && exit.answeredBy().equals("dom0")
                && exit.domain().isEmpty()
                && !exit.kind().equals("backend");
    }

    /** The whole table, in the order in which it is searched. */
    public List<Line> lines() {
        return rules.stream().map(Rule::line).toList();
    }

    /** The line that an event is charged by. */
    public Line line(Event event) {
        return rules.stream()
                .filter(rule -> rule.charges.test(event))
                .findFirst()
                .orElseThrow()
                .line();
    }

    /** Modelled cost of an event, in cycles. */
    public long cycles(Event event) {
        return line(event).cycles();
    }
}
