package ringside.monitor.paravirtual;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import ringside.monitor.Ending;
import ringside.monitor.Monitor;
import ringside.probe.Event;

/** Domain 0 and another one in a machine: who runs, who may do what, and the ways from one to the other. */
class DomainsTest {
    private static final long EPERM = -1;
    private static final long ESRCH = -3;
    private static final long EACCES = -13;
    private static final long EINVAL = -22;

    /** Calls whose results are kept, one after the other, at {@code results}. */
    private static final String MACROS = """
        %macro keep 0
                mov rbx, [count]
                mov [results + rbx * 8], rax
                inc qword [count]
        %endmacro
        %macro event_op 2
                mov edi, %1
                mov rsi, %2
                hypercall 32
                keep
        %endmacro
        %macro domctl 1
                mov rdi, %1
                hypercall 36
                keep
        %endmacro
        %macro block 0
                mov edi, 1
                hypercall 29
        %endmacro
        """;

    private static final String DATA = """
                align 8, db 0
        count:  dq 0
        results: times 32 dq 0
        unpause: dd 4, 0x17
                dw 1, 0, 0, 0
                times 128 db 0
        """;

    private static final String LET_RUN = """
        start:  domctl unpause
        sleeps: block
                jmp sleeps
        """;

    private static XenGuest beside(String domain0, String domainU) {
        return XenGuest.beside(MACROS + domain0 + "\n" + DATA, MACROS + domainU + "\n" + DATA);
    }

    private static long result0(XenGuest guest, int index) {
        return guest.at0("results", index * 8, 8);
    }

    private static long result(XenGuest guest, int index) {
        return guest.at("results", index * 8, 8);
    }

    // Who runs.

    @Test
    void aDomainRunsWhenDomain0LetsItAndNotBefore() {
        XenGuest guest = beside("start: block\n jmp start", "start: shutdown 0").run(10_000_000);
        assertEquals(Ending.Kind.IDLE, guest.end());
        guest = beside(LET_RUN, "start: shutdown 0").run(10_000_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals(List.of("domctl", "sched_op", "CONTEXT_SWITCH", "sched_op"), guest.exits());
    }

    @Test
    void theMachineIsDomain0s() {
        XenGuest guest =
                beside("start: domctl unpause\n shutdown 0", "start: jmp start").run(10_000_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        guest = beside("start: domctl unpause\n ud2", "start: jmp start").run(10_000_000);
        assertEquals(Ending.Kind.CRASH, guest.end());
    }

    @Test
    void whoeverComputesHasASliceAndThenTheOtherHasOne() {
        XenGuest guest = beside("start: domctl unpause\n .on: jmp .on", "start: jmp start");
        long slice = Domains.SLICE;
        guest.run(slice / 2);
        assertEquals("dom0", guest.xen.domain());
        guest.run(slice);
        assertEquals("domU", guest.xen.domain());
        guest.run(slice);
        assertEquals("dom0", guest.xen.domain());
        assertEquals(2, guest.exits().stream().filter("CONTEXT_SWITCH"::equals).count());
        assertEquals(slice, guest.xen.guest().ran(), "each has had one slice, and domain 0 runs again");
    }

    @Test
    void oneThatLetsOthersGoFirstWaitsForItsTurn() {
        String yields = "start: domctl unpause\n .on: xor edi, edi\n hypercall 29\n jmp .on";
        XenGuest guest = beside(yields, "start: xor edi, edi\n hypercall 29\n inc dword [count]\n jmp start");
        guest.run(10_000);
        assertTrue(guest.at("count", 4) > 100, "as often as domain 0 lets it");
    }

    @Test
    void registersAndTablesAreEachDomainsOwn() {
        XenGuest guest =
                beside("start: mov r15d, 1\n domctl unpause\n .on: jmp .on", "start: mov r15d, 2\n .on: jmp .on");
        guest.run(Domains.SLICE / 2);
        long root = guest.xen.real().system.cr3;
        assertEquals(1, guest.register(15));
        guest.run(Domains.SLICE);
        assertEquals(2, guest.register(15));
        assertNotEquals(root, guest.xen.real().system.cr3);
        guest.run(Domains.SLICE);
        assertEquals(1, guest.register(15));
        assertEquals(root, guest.xen.real().system.cr3);
    }

    // Privilege.

    @Test
    void domain0MayAskAboutOthersAndNobodyElseMay() {
        XenGuest guest = beside("""
            start:  domctl wrong_version
                    domctl nobody
                    domctl information
                    domctl unpause
                    domctl unpause
                    domctl information2
            sleeps: block
                    jmp sleeps
            wrong_version: dd 4, 0x16
                    dq 1
            nobody: dd 4, 0x17
                    dq 7
            information: dd 5, 0x17
                    dq 1
                    times 128 db 0
            information2: dd 5, 0x17
                    dq 1
                    times 128 db 0
            """, """
            start:  domctl unpause
                    xor edi, edi
                    mov esi, 1
                    hypercall 35
                    keep
                    jmp $
            """).run(100_000);
        assertEquals(EACCES, result0(guest, 0));
        assertEquals(ESRCH, result0(guest, 1));
        assertEquals(0, result0(guest, 2));
        assertEquals(1 << 3, guest.at0("information", 16 + 4, 4), "paused");
        assertEquals(XenGuest.MEMORY >>> 12, guest.at0("information", 16 + 8, 8), "pages");
        assertEquals(0, result0(guest, 3));
        assertEquals(EINVAL, result0(guest, 4), "it is not paused any more");
        assertEquals(1 << 5, guest.at0("information2", 16 + 4, 4), "running, or waiting for the processor");
        assertEquals(EPERM, result(guest, 0));
        assertEquals(EPERM, result(guest, 1));
    }

    /** Xen, common/domctl.c and domain.c: pauses are counted, and a domain goes on where it was when the last one is taken back. */
    @Test
    void aDomainThatIsPausedStandsStillUntilEveryPauseIsTakenBack() {
        String wait = "mov ecx, 3000000\n loop $\n";
        XenGuest guest = beside("""
            start:  domctl itself
                    domctl unpause
            """ + wait + """
                    domctl pause
                    domctl pause
                    domctl unpause
            """ + wait + """
                    domctl information
                    domctl unpause
            sleeps: block
                    jmp sleeps
            itself: dd 3, 0x17
                    dq 0x0
            pause:  dd 3, 0x17
                    dq 1
            information: dd 5, 0x17
                    dq 1
                    times 128 db 0
            """, "start: inc qword [count]\n jmp start")
                .run(12_000_000);
        assertEquals(EINVAL, result0(guest, 0), "nobody pauses himself");
        assertEquals(0, result0(guest, 2));
        assertEquals(0, result0(guest, 3));
        assertEquals(1 << 3, guest.at0("information", 16 + 4, 4), "paused");
        long ran = guest.at0("information", 16 + 56, 8);
        assertTrue(ran > 2_000_000 && ran < 4_500_000, "ran for " + ran);
        assertEquals(0, result0(guest, 6));
        assertTrue(guest.xen.guest().isRunning());
        assertTrue(guest.xen.guest().ran() > ran, "it goes on");
    }

    /** Xen, common/domain.c, domain_kill: the number is nobody's when the call is over; who listens to VIRQ_DOM_EXC is told. */
    @Test
    void aDomainThatIsDestroyedIsNotFoundAnyMore() {
        XenGuest guest = beside("""
            start:  domctl itself
                    event_op 1, virq
                    domctl unpause
                    event_op 6, allocate
                    event_op 0, bind
                    mov ecx, 3000000
                    loop $
                    domctl destroy
                    domctl information
                    event_op 5, status
            sleeps: block
                    jmp sleeps
            itself: dd 2, 0x17
                    dq 0
            virq:   dd 3, 0, 0
            allocate: dw 1, 0
                    dd 0
            bind:   dw 1, 0
                    dd 3
                    dd 0
            destroy: dd 2, 0x17
                    dq 1
            information: dd 5, 0x17
                    dq 1
                    times 128 db 0
            status: dw 0x7FF0, 0
                    dd 2
                    times 16 db 0
            """, "start: inc qword [count]\n jmp start").run(12_000_000);
        assertEquals(EINVAL, result0(guest, 0), "nobody destroys himself");
        for (int call = 1; call <= 5; call++) {
            assertEquals(0, result0(guest, call), "call " + call);
        }
        assertEquals(ESRCH, result0(guest, 6));
        assertEquals(1, guest.at0("status", 8, 4), "EVTCHNSTAT_unbound");
        Domain domain0 = guest.xen.domains().find(Domain.ZERO).orElseThrow();
        assertTrue(domain0.events().isPending((int) guest.at0("virq", 8, 4)));
        long ran = guest.xen.guest().ran();
        guest.run(1_000_000);
        assertEquals(ran, guest.xen.guest().ran(), "it does not run any more");
        assertEquals(0, guest.xen.guest().ownFrames(), "its frames are Xen's again");
        assertEquals(0, guest.at("start", 0, 8), "and nobody finds anything in them");
        new FrameAudit(guest.xen.domains()).check();
    }

    @Test
    void nobodyIsPausedWithoutEnd() {
        XenGuest guest = beside("""
            start:  mov ebx, 256
            again:  domctl pause
                    mov qword [count], 0
                    dec ebx
                    jnz again
                    domctl pause
            sleeps: jmp sleeps
            pause:  dd 3, 0x17
                    dq 1
            """, "start: jmp start").run(100_000);
        assertEquals(-75L, guest.at0("results", 0, 8), "EOVERFLOW");
    }

    // Event channels.

    @Test
    void anEventReachesTheOtherDomain() {
        XenGuest guest = beside("""
            start:  event_op 0, bind        ; the port of domain 1's console, which its builder has opened for domain 0
                    domctl unpause
                    event_op 4, bind + 8
            sleeps: block
                    jmp sleeps
            bind:   dd 1, 2, 0
            """, "start: jmp start").run(100_000);
        assertEquals(0, result0(guest, 0));
        assertTrue(guest.xen.guest().events().isPending(2));
        assertEquals(
                new EventChannels.Channel(EventChannels.Kind.INTERDOMAIN, Domain.ZERO, (int) guest.at0("bind", 8, 4)),
                guest.xen.guest().events().channel(2));
    }

    @Test
    void aPortIsBoundByTheDomainThatItWaitsForAndOnce() {
        XenGuest guest = beside("""
            start:  event_op 0, nobody
                    event_op 0, closed
                    event_op 0, beyond
                    event_op 0, bind
                    event_op 0, bind        ; taken
                    event_op 3, bind + 8    ; closed: it waits for domain 0 again
                    event_op 0, bind
                    event_op 4, away        ; nothing is sent by a port that is not open
                    domctl unpause
            sleeps: xor edi, edi            ; it has no callback, so it must not take events
                    hypercall 29
                    jmp sleeps
            nobody: dd 9, 2, 0
            closed: dd 1, 77, 0
            beyond: dd 1, 0xFFFFFFFF, 0
            bind:   dd 1, 2, 0
            away:   dd 4095
            """, """
            start:  event_op 6, for_another
                    event_op 0, of_domain0  ; waits for nobody there
                    event_op 4, for_another + 4     ; nobody has bound it yet: nothing happens
                    jmp $
            for_another: dw 0x7FF0, 5
                    dd 0
            of_domain0: dd 0, 1, 0
            """).run(100_000);
        assertEquals(ESRCH, result0(guest, 0));
        assertEquals(EINVAL, result0(guest, 1));
        assertEquals(EINVAL, result0(guest, 2));
        assertEquals(0, result0(guest, 3));
        assertEquals(EINVAL, result0(guest, 4));
        assertEquals(0, result0(guest, 5));
        assertEquals(0, result0(guest, 6));
        assertEquals(EINVAL, result0(guest, 7));
        assertEquals(0, result(guest, 0));
        assertEquals(EINVAL, result(guest, 1));
        assertEquals(0, result(guest, 2));
    }

    // Grants.

    @Test
    void aFrameIsMappedAsItsOwnerHasGrantedIt() {
        XenGuest guest = beside("""
            %macro map 3                    ; reference, flags, domain
                    mov dword [request + 8], %2
                    mov dword [request + 12], %1
                    mov word [request + 16], %3
                    mov rax, page
                    mov [request], rax
                    xor edi, edi
                    mov rsi, request
                    mov edx, 1
                    hypercall 20
                    movsx rax, word [request + 18]
                    keep
            %endmacro
            start:  map 0, 2, 1             ; the console's page: granted for reading and writing
                    map 0, 2, 1             ; twice, if it likes
                    map 77, 2, 1            ; not granted
                    map 99999, 2, 1         ; beyond the table
                    map 0, 2, 9             ; no such domain
                    domctl unpause
            sleeps: block
                    jmp sleeps
            request: times 4 dq 0
                    align 4096, db 0
            page:   times 4096 db 0
            """, "start: jmp start").run(100_000);
        assertEquals(0, result0(guest, 0));
        assertEquals(0, result0(guest, 1));
        assertEquals(-1, result0(guest, 2), "GNTST_general_error");
        assertEquals(-3, result0(guest, 3), "GNTST_bad_gntref");
        assertEquals(-2, result0(guest, 4), "GNTST_bad_domain");
        assertEquals(1 | 8 | 16, guest.xen.guest().grants().flags(0), "permitted, read and written");
        new FrameAudit(guest.xen.domains()).check();
    }

    // The way back.

    @Test
    void aRunInStepsIsTheRunInOnePieceAndGoesTheSameWayAgain() {
        XenGuest whole = XenGuest.splitDriver().run(Long.MAX_VALUE / 2);
        XenGuest steps = XenGuest.splitDriver();
        Monitor.State middle = steps.xen.save();
        int before = 0;
        while (steps.xen.ending().isEmpty()) {
            steps.run(1);
            if (steps.events.size() < 100) {
                middle = steps.xen.save();
                before = steps.events.size();
            }
        }
        assertEquals(whole.events, steps.events);
        assertEquals(
                whole.xen.machine().clock().now(), steps.xen.machine().clock().now());
        List<Event> rest = List.copyOf(steps.events.subList(before, steps.events.size()));
        steps.events.clear();
        steps.xen.restore(middle);
        steps.run(Long.MAX_VALUE / 2);
        assertEquals(rest, steps.events);
        assertEquals(whole.printed(), steps.printed());
        new FrameAudit(steps.xen.domains()).check();
    }

    @Test
    void whatIsTypedReachesTheOtherDomainByDomain0() {
        String echo = """
            start:  mov rax, 0xFFFF800000000000
                    mov rcx, [rsi + 72]
                    mov rcx, [rax + rcx * 8]
                    shl rcx, 12
                    mov rbp, BASE
                    add rbp, rcx
            .until: cmp dword [rbp + 0xC04], 2      ; in_prod
                    jne .until
                    mov ax, [rbp]
                    mov [count], ax
                    shutdown 0
            """;
        XenGuest guest = XenGuest.besideSampleDomain0(MACROS + echo + DATA);
        guest.xen.machine().inputs().append(20_000, 'h');
        guest.xen.machine().inputs().append(30_000, 'i');
        guest.run(50_000_000);
        assertEquals(Ending.Kind.SHUTDOWN, guest.end());
        assertEquals('h' | 'i' << 8, guest.at("count", 2));
    }
}
