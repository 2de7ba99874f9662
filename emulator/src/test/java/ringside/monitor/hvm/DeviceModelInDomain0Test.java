package ringside.monitor.hvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static ringside.monitor.hvm.ServedGuest.OUT;
import static ringside.monitor.hvm.ServedGuest.guest;
import static ringside.monitor.hvm.ServedGuest.image;
import static ringside.monitor.hvm.ServedGuest.model;
import static ringside.monitor.hvm.ServedGuest.sample;
import static ringside.monitor.hvm.ServedGuest.served;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import ringside.cpu.Registers;
import ringside.image.GuestImage;
import ringside.monitor.Ending;
import ringside.monitor.Options;
import ringside.monitor.Options.Generation;
import ringside.monitor.Options.Paging;
import ringside.monitor.Options.Virtualization;
import ringside.monitor.mode.Modes;
import ringside.probe.Event;
import ringside.replay.StateHash;
import ringside.replay.Timeline;
import ringside.session.SampleGuests;

/** A domain on virtualizing hardware whose device model is code in domain 0: the way of a request, and what either side may do wrong. */
class DeviceModelInDomain0Test {
    // The way of a request.

    /** What one boundary has brought: events by domain, and the state in the page by whose turn it was when it changed. */
    private static List<String> steps(ServedGuest machines) {
        List<String> told = new ArrayList<>();
        long state = 0;
        while (machines.monitor.ending().isEmpty()) {
            machines.events.clear();
            String turn = machines.monitor.domain();
            machines.monitor.run(machines.monitor.machine().clock().now() + 1);
            long now = machines.request(30, 1) & 0xF;
            boolean byXen =
                    machines.events.stream().anyMatch(event -> event.kind().equals("ioreq"));
            if (now != state && !byXen) {
                told.add(turn + " writes state " + now);
            }
            state = now;
            machines.events.forEach(event -> told.add(event.domain() + " " + event.reason()));
        }
        return told;
    }

    @Test
    void anOutGoesFromTheExitToDomain0AndBack() {
        List<String> steps = steps(served(OUT));
        int exit = steps.indexOf("domU IO_INSTRUCTION");
        assertEquals(
                List.of(
                        "domU IO_INSTRUCTION",
                        "domU STATE_IOREQ_READY",
                        "domU CONTEXT_SWITCH",
                        "dom0 EVENT_UPCALL",
                        "dom0 iret",
                        "dom0 writes state 2",
                        "dom0 console_io",
                        "dom0 writes state 3",
                        "dom0 event_channel_op",
                        "dom0 sched_op",
                        "dom0 CONTEXT_SWITCH",
                        "domU STATE_IORESP_READY",
                        "domU STATE_IOREQ_NONE",
                        "domU HLT"),
                steps.subList(exit, steps.size()));
    }

    @Test
    void theServerIsMadeAsAToolstackMakesOneBeforeTheDomainRuns() {
        ServedGuest machines = served(OUT).runToTheEnd();
        List<String> first = machines.reasons("dom0");
        assertEquals(
                List.of(
                        "update_va_mapping",
                        "set_callbacks",
                        "dm_op",
                        "memory_op",
                        "update_va_mapping_otherdomain",
                        "dm_op",
                        "dm_op",
                        "event_channel_op",
                        "event_channel_op",
                        "domctl"),
                first.subList(0, 10));
        assertEquals("x", machines.serial());
        assertEquals(Ending.Kind.HALT, machines.end());
        assertEquals(0x3F8, machines.request(0, 8), "addr");
        assertEquals('x', machines.request(8, 8), "data");
        assertEquals(3, machines.request(24, 4), "vp_eport: 1 and 2 are the store's and the console's");
    }

    @ParameterizedTest
    @CsvSource({
        "VT_X, NESTED, TODAY",
        "VT_X, SHADOW, TODAY",
        "VT_X, SHADOW, YEAR_2005",
        "VT_X, NESTED, YEAR_2008",
        "AMD_V, NESTED, TODAY",
        "AMD_V, SHADOW, YEAR_2005"
    })
    void theSampleGuestPrintsOnAnyHardware(Virtualization hardware, Paging paging, Generation generation) {
        Options options =
                Options.DEFAULT.withVirtualization(hardware).withPaging(paging).withGeneration(generation);
        ServedGuest machines =
                new ServedGuest(SampleGuests.source("device-model").orElseThrow(), model(), options).runToTheEnd();
        assertEquals("a byte, a request\nall of this is one request\n", machines.serial());
    }

    @ParameterizedTest
    @CsvSource({
        "'mov [TEXT + rdx], al', 'mov [TEXT + rdx], cl'", // what was sent
        "'mov edi, 4              ; EVTCHNOP_send', 'mov edi, 5'", // the answer's event
        "'sub r12d, COM1', 'sub r12d, COM1 + 1'", // which register
        "'or al, 0x60', 'or al, 0x40'" // the transmitter is not empty
    })
    void oneOtherInstructionOfDomain0sAndTheGuestPrintsSomethingElse(String instruction, String other) {
        ServedGuest machines = new ServedGuest(
                SampleGuests.source("device-model").orElseThrow(), model(instruction, other), Options.DEFAULT);
        machines.run(1_000_000);
        assertThat(machines.serial()).isNotEqualTo("a byte, a request\nall of this is one request\n");
    }

    @Test
    void whatNoServerHasIsNobodys() {
        ServedGuest machines = served("in al, 0x80\n mov bl, al\n mov dx, 0x3FF\n in ax, dx\n out dx, ax\n cli\n hlt")
                .runToTheEnd();
        assertEquals(0xFF, machines.monitor.believed("domU").registers.get(Registers.RBX) & 0xFF);
        assertEquals(
                0xFFFF,
                machines.monitor.believed("domU").registers.get(Registers.RAX) & 0xFFFF,
                "3FFH is the server's, 400H is not");
        assertThat(machines.reasons("domU")).doesNotContain("STATE_IOREQ_READY");
        assertThat(machines.reasons("domU").stream().filter("IO_INSTRUCTION"::equals))
                .hasSize(3);
    }

    @Test
    void stringsGoThroughTheGuestsMemoryWhichDomain0Maps() {
        ServedGuest machines = served("""
                    mov dx, 0x3F8
                    mov si, text
                    mov cx, 5
                    rep outsb
                    mov dx, 0x3FD
                    mov di, 0x2002
                    mov cx, 5
                    rep insb
                    std
                    mov di, 0x3001
                    mov cx, 4
                    rep insb
                    cli
                    hlt
            text:   db "hello"
            """).runToTheEnd();
        assertEquals("hello", machines.serial());
        assertEquals(0x0060_6060_6060L << 16, machines.monitor.machine().ram().read(0x2000, 8) & 0xFF_FFFF_FFFF_0000L);
        assertEquals(0x6060, machines.monitor.machine().ram().read(0x3000, 2), "downwards");
        assertEquals(0x6060, machines.monitor.machine().ram().read(0x2FFE, 2), "into the page before");
        assertThat(machines.reasons("domU").stream().filter("STATE_IOREQ_READY"::equals))
                .hasSize(3);
    }

    /** The scratch register of the port, as memory at D0000007H. */
    @Test
    void memoryIsAskedForAccessByAccess() {
        String model = model(
                        "        mov esi, enable\n",
                        "        mov esi, map_memory\n        call dm_op\n        mov esi, enable\n")
                .replace("enable:         dd 5", """
                    map_memory:     dd 3, 0
                                    dw 0, 0
                                    dd 1
                                    dq 0xD0000000, 0xD0000FFF
                                    dq 0
                    enable:         dd 5""");
        ServedGuest machines = new ServedGuest(guest(32, """
                    mov ebx, 0xD0000000
                    mov byte [ebx + 7], 0x5A
                    movzx eax, byte [ebx + 7]
                    mov esi, 0xD0000007
                    mov edi, 0xD000000F
                    inc byte [ebx + 7]
                    movsb
                    mov cx, [ebx + 7]
                    mov edx, [0xE0000000]
                    cli
                    hlt
            """), model, Options.DEFAULT).runToTheEnd();
        Registers registers = machines.monitor.believed("domU").registers;
        assertEquals(0x5A, registers.get(Registers.RAX));
        assertEquals(0x005B, registers.get(Registers.RCX) & 0xFFFF, "registers 7 and 0");
        assertEquals(0xFFFF_FFFFL, registers.get(Registers.RDX) & 0xFFFF_FFFFL, "no server has it");
        assertThat(machines.reasons("domU").stream().filter("STATE_IOREQ_READY"::equals))
                .as("store, load, load and store, load and store, load")
                .hasSize(7);
    }

    @Test
    void whatIsTypedReachesTheGuestThroughDomain0() {
        ServedGuest machines = served("""
            .wait:  mov dx, 0x3FD
                    in al, dx
                    test al, 1
                    jz .wait
                    mov dx, 0x3F8
                    in al, dx
                    out dx, al
                    cmp al, '.'
                    jne .wait
                    cli
                    hlt
            """);
        typed(machines, "echo.");
        assertEquals("echo.", machines.runToTheEnd().serial());
    }

    private static void typed(ServedGuest machines, String text) {
        for (int i = 0; i < text.length(); i++) {
            machines.monitor.machine().inputs().append(1_000L * i + 5_000, text.charAt(i));
        }
    }

    private static final String BY_INTERRUPT = """
                    mov word [0x24 * 4], received
                    mov word [0x24 * 4 + 2], 0
                    mov al, 0x11
                    out 0x20, al
                    mov al, 0x20
                    out 0x21, al
                    mov al, 4
                    out 0x21, al
                    mov al, 1
                    out 0x21, al
                    mov al, 0xEF            ; IRQ 4 alone
                    out 0x21, al
                    mov dx, 0x3FC
                    mov al, 8               ; OUT2
                    out dx, al
                    mov dx, 0x3F9
                    mov al, 1               ; received data
                    out dx, al
                    sti
            .on:    hlt
                    cmp bl, '.'
                    jne .on
                    cli
                    hlt
            received:
                    mov dx, 0x3F8
                    in al, dx
                    mov bl, al
                    out dx, al
                    mov al, 0x20
                    out 0x20, al
                    iret
            """;

    @Test
    void domain0DrivesTheInterruptLineThatEndsAHalt() {
        ServedGuest machines = served(BY_INTERRUPT);
        typed(machines, "irq.");
        machines.runToTheEnd();
        assertEquals("irq.", machines.serial());
        assertThat(machines.events.stream().filter(event -> event instanceof Event.Delivery && event.number() == 0x24))
                .hasSize(4);
    }

    @Test
    void whoWaitsForWhatNobodyTypesIsIdle() {
        assertEquals(Ending.Kind.IDLE, served(BY_INTERRUPT).runToTheEnd().end());
    }

    /** The timer interrupts while a request is under way, too: the guest has it when that is over. */
    @Test
    void xensOwnDevicesGoOnBesideTheDeviceModel() {
        ServedGuest machines = served("""
                    mov word [0x20 * 4], tick
                    mov word [0x20 * 4 + 2], 0
                    mov al, 0x11
                    out 0x20, al
                    mov al, 0x20
                    out 0x21, al
                    mov al, 4
                    out 0x21, al
                    mov al, 1
                    out 0x21, al
                    mov al, 0xFE
                    out 0x21, al
                    mov al, 0x34
                    out 0x43, al
                    mov al, 20
                    out 0x40, al
                    mov al, 0
                    out 0x40, al
                    sti
            .on:    mov dx, 0x3F8
                    mov al, '-'
                    out dx, al
                    cmp cx, 20
                    jb .on
                    cli
                    hlt
            tick:   inc cx
                    push ax
                    mov al, 0x20
                    out 0x20, al
                    pop ax
                    iret
            """).runToTheEnd();
        assertEquals(20, machines.monitor.believed("domU").registers.get(Registers.RCX) & 0xFFFF);
        assertThat(machines.serial()).startsWith("---");
    }

    @Test
    void whoeverComputesHasASliceAndThenTheOtherHasOne() {
        String model = model("        mov edi, 1              ; SCHEDOP_block\n", "        xor edi, edi\n");
        ServedGuest machines = served("on: jmp on", model);
        machines.run(10_000_000);
        assertThat(machines.reasons("domU")).contains("EXTERNAL_INTERRUPT", "CONTEXT_SWITCH");
        assertThat(machines.reasons("dom0")).contains("CONTEXT_SWITCH");
    }

    // Time travel.

    private static Timeline timeline() {
        GuestImage image = image(SampleGuests.source("device-model").orElseThrow(), model());
        return new Timeline(
                probe -> Modes.start("xen-hvm", image, Options.DEFAULT, probe).orElseThrow());
    }

    @Test
    void goingBackAndForthThroughBothDomainsGivesTheSameStates() {
        Timeline straight = timeline();
        List<Long> times = new ArrayList<>();
        List<Long> hashes = new ArrayList<>();
        List<String> domains = new ArrayList<>();
        StateHash hash = new StateHash(straight.monitor());
        while (straight.ending().isEmpty()) {
            times.add(straight.time());
            hashes.add(times.size() % 20 == 1 ? hash.now() : 0);
            domains.add(straight.monitor().domain());
            straight.forward();
        }
        assertThat(domains).contains("dom0", "domU");
        assertThat(times).hasSizeGreaterThan(1000);
        Timeline moved = timeline();
        moved.run(Long.MAX_VALUE, () -> false);
        Random random = new Random(1);
        StateHash again = new StateHash(moved.monitor());
        for (int i = 0; i < 30; i++) {
            int at = 20 * (random.nextInt(times.size() / 20 - 1) + 1);
            moved.seek(times.get(at));
            assertEquals(times.get(at), moved.time());
            if (times.get(at - 1) < times.get(at)) {
                assertEquals(domains.get(at), moved.monitor().domain(), "at " + times.get(at));
                assertEquals(hashes.get(at), again.now(), "at " + times.get(at));
            }
            moved.back();
            assertTrue(moved.time() < times.get(at));
        }
    }

    @Test
    void runningInOneGoIsRunningStepByStep() {
        ServedGuest once = sample().runToTheEnd();
        ServedGuest stepped = sample();
        while (stepped.monitor.ending().isEmpty()) {
            stepped.run(1);
        }
        assertEquals(once.events, stepped.events);
        assertEquals(
                once.monitor.machine().clock().save(),
                stepped.monitor.machine().clock().save());
        assertEquals(new StateHash(once.monitor).now(), new StateHash(stepped.monitor).now());
    }

    // What either side may do wrong.

    private static final String ANSWERS =
            "        mov al, [FLAGS]\n        and al, 0xF0\n        or al, RESP_READY\n        mov [FLAGS], al\n";

    private static final String SEND = "        mov edi, 4\n        mov esi, request_port\n        call EVENT_OP\n";

    @Test
    void aDeviceModelThatNeverAnswersLeavesTheGuestWaiting() {
        String silent = model("        jne .done               ; an event without a request\n", "        jmp .done\n");
        assertEquals(Ending.Kind.IDLE, served(OUT, silent).runToTheEnd().end());
        String timer = "mov al, 0x34\n out 0x43, al\n mov al, 20\n out 0x40, al\n out 0x40, al\n sti\n";
        assertEquals(Ending.Kind.IDLE, served(timer + OUT, silent).runToTheEnd().end(), "its timer does not help it");
    }

    @Test
    void aDomain0ThatLetsNobodyRunWaitsForEver() {
        assertEquals(
                Ending.Kind.IDLE,
                served(OUT, model("        call DOMCTL             ; domain 1 may run\n", ""))
                        .runToTheEnd()
                        .end());
    }

    @Test
    void theMachineIsDomain0s() {
        ServedGuest crashed =
                served(OUT, model("serve_request:\n", "serve_request:\n ud2\n")).runToTheEnd();
        assertEquals(Ending.Kind.CRASH, crashed.end());
        assertThat(crashed.reasons("dom0")).contains("NO_HANDLER");
    }

    @ParameterizedTest
    @CsvSource({
        "'mov byte [FLAGS], 1', REQUEST_STATE", // from in process back to ready
        "'mov byte [FLAGS], 7', REQUEST_STATE", // no state
        "'mov byte [FLAGS], 0xFF', REQUEST_STATE"
    })
    void aStateThatCannotFollowEndsTheDomain(String instruction, String cause) {
        String model = model(ANSWERS, SEND + " mov edi, 0\n call SCHED_OP\n " + instruction + "\n");
        ServedGuest machines = served(OUT + OUT, model).runToTheEnd();
        assertEquals(Ending.Kind.CRASH, machines.end());
        assertThat(machines.reasons("domU")).contains(cause);
    }

    @Test
    void anotherPortInThePageEndsTheDomainAtItsNextRequest() {
        ServedGuest machines = served(
                        "in al, dx\n" + OUT.replace("cli", "out dx, al\ncli"),
                        model(ANSWERS, ANSWERS + " mov dword [VP_EPORT], 99\n"))
                .runToTheEnd();
        assertEquals(Ending.Kind.CRASH, machines.end());
        assertThat(machines.reasons("domU")).contains("STATE_IORESP_READY", "REQUEST_PORT");
        assertEquals("x", machines.serial(), "the first one was answered");
    }

    @Test
    void aRequestUnderWayThatNobodyHasSentEndsTheDomainAtItsNextRequest() {
        // Domain 0 never sleeps, and writes a state whenever it has a turn; domain 1 computes for longer than a slice.
        String model = model(
                "        mov edi, 1              ; SCHEDOP_block\n",
                "        mov byte [FLAGS], 2\n        xor edi, edi\n");
        ServedGuest machines =
                served("mov ecx, 3000000\n on: dec ecx\n jnz on\n" + OUT, model).run(10_000_000);
        assertThat(machines.reasons("domU")).contains("REQUEST_BUSY");
    }

    @Test
    void aRequestThatIsTakenBackReadsAsOnes() {
        String model = model(ANSWERS, "        mov byte [FLAGS], 0\n");
        ServedGuest machines =
                served("mov dx, 0x3FF\n in al, dx\n cli\n hlt", model).runToTheEnd();
        assertEquals(0xFF, machines.monitor.believed("domU").registers.get(Registers.RAX) & 0xFF);
        assertEquals(Ending.Kind.HALT, machines.end());
    }

    /** Whatever domain 0 writes into the page, and whenever: the domain goes on, waits or is ended, and nothing else happens. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void wildPagesDoNoHarm(int seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 25; i++) {
            ServedGuest machines = served("""
                    mov si, 0x1000
                .on: mov dx, 0x3F8
                    mov cx, 40
                    rep outsb
                    mov dx, 0x3FD
                    mov di, 0x8000
                    mov cx, 30
                    rep insb
                    in ax, dx
                    cmp si, 0x1200
                    jb .on
                    cli
                    hlt
                """);
            while (machines.monitor.ending().isEmpty()
                    && machines.monitor.machine().clock().now() < 60_000) {
                machines.run(1 + random.nextInt(500));
                int offset = random.nextInt(3) == 0 ? 30 : random.nextInt(32);
                machines.monitor.machine().ram().write(machines.page() + offset, 1, random.nextInt(256));
            }
            assertEquals(4 << 20, machines.monitor.machine().config().memory());
        }
    }

    @Test
    void theDeviceModelCanShutTheDomainDown() {
        String model = model("serve_request:\n", "serve_request:\n mov esi, off\n jmp dm_op\n")
                .replace("file_end:", "off: dd 16, 0, 0\n times 32 db 0\nfile_end:");
        assertEquals(Ending.Kind.SHUTDOWN, served(OUT, model).runToTheEnd().end());
        assertEquals(
                Ending.Kind.CRASH,
                served(OUT, model.replace("off: dd 16, 0, 0", "off: dd 16, 0, 3"))
                        .runToTheEnd()
                        .end());
    }
}
