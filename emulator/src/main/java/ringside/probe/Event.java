package ringside.probe;

/** Something that a learner may watch: the guest was left, or was delivered something. */
public sealed interface Event {
    /** The event's kind as traces name it. */
    String kind();

    /** What happened, in the manual's words, upper case: {@code CPUID}, {@code GENERAL_PROTECTION}. */
    String reason();

    /** The reason's number: basic exit reason, vector, hypercall or system call number. */
    int number();

    /** In which of a machine's domains it happened: {@code dom0} or {@code domU}; empty where there is only one. */
    String domain();

    /** The same event as one of a domain's. */
    Event in(String domain);

    /**
     * Anybody but the guest was entered.
     *
     * @param kind {@code vm-exit} (VT-x), {@code vmexit} (AMD-V), {@code trap} (a fault taken by the monitor), {@code interpreted}, {@code callout}, {@code look-up} and
     *     {@code translation} (translated code asks for its monitor), {@code scan} (kernel code is looked through before it runs), {@code patch} (a patch in it asks
     *     for its monitor), {@code hypercall},
     *     {@code xen-trap} (a fault, interrupt or SYSCALL that leads into Xen), {@code xen-schedule} (another domain goes on), {@code domain-crash}, {@code backend} (domain
     *     0 serves a device of another domain), {@code system-call}
     * @param qualification what the processor reports beside the reason; for a trap its error code, or 0
     * @param detail what it concerns: the port of an I/O instruction, the linear or physical address of a memory fault; else 0
     * @param answeredBy {@code monitor}, {@code kvm-kernel}, {@code kvm-user} …
     * @param cycles modelled cost in cycles, by the cost table in force
     */
    record Exit(
            String kind,
            String reason,
            int number,
            long qualification,
            long detail,
            String answeredBy,
            long cycles,
            String domain)
            implements Event {
        public Exit(
                String kind,
                String reason,
                int number,
                long qualification,
                long detail,
                String answeredBy,
                long cycles) {
            this(kind, reason, number, qualification, detail, answeredBy, cycles, "");
        }

        /** Has it its own way out of the guest and back? A backend works while something else is answered. */
        public boolean isAnswered() {
            return !kind.equals("backend");
        }

        @Override
        public Exit in(String where) {
            return new Exit(kind, reason, number, qualification, detail, answeredBy, cycles, where);
        }
    }

    /**
     * The guest was delivered an exception or interrupt through its own table.
     *
     * @param kind {@code fault} or {@code interrupt}
     * @param number vector
     * @param errorCode -1 where there is none
     */
    record Delivery(String kind, String reason, int number, int errorCode, String domain) implements Event {
        public Delivery(String kind, String reason, int number, int errorCode) {
            this(kind, reason, number, errorCode, "");
        }

        @Override
        public Delivery in(String where) {
            return new Delivery(kind, reason, number, errorCode, where);
        }
    }

    /**
     * While an exit is answered, one of those who answer it has told another something. Nobody has left the guest for it.
     *
     * @param kind {@code ioreq}: the state of the request by which Xen asks a device model has changed; {@code hypercall}: which one a VMCALL or
     *     VMMCALL was
     * @param qualification what goes with it: the request's data; the first argument
     * @param detail what it concerns: the request's port or address; the second argument
     * @param answeredBy who has done the step
     */
    record Step(
            String kind, String reason, int number, long qualification, long detail, String answeredBy, String domain)
            implements Event {
        public Step(String kind, String reason, int number, long qualification, long detail, String answeredBy) {
            this(kind, reason, number, qualification, detail, answeredBy, "");
        }

        @Override
        public Step in(String where) {
            return new Step(kind, reason, number, qualification, detail, answeredBy, where);
        }
    }
}
